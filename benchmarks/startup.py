"""How long an operator waits for the first answer."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Row
from tests import bench

GROUP = "start-up"
HELP = (str(bench.BIN / "runbook"), "--help")
# What the cells import, and the libraries that they cannot do without.
LIBRARIES = "import ipykernel.kernelapp, numpy, pydantic, pyroute2, libvirt, jinja2"
CELLS = f"{LIBRARIES}; from runbook.notebook.routed import cells"
TABLE = (
    "from runbook.params import for_host; from pathlib import Path;"
    " from runbook.run import pipeline;"
    " s = pipeline.open_session(for_host(Path('params'), {'host': 'example'}));"
    " print(pipeline.read(s).routes)"
)


def measured(rounds: int) -> Iterator[Row]:
    """Beside an interpreter that does nothing, and beside the libraries alone."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        home = {"RUNBOOK_HOME": str(bench.make_home(Path(folder)))}
        runs = {
            "python -c pass": lambda: measure.command((python, "-c", "pass")),
            "runbook --help": lambda: measure.command(HELP),
            "runbook records list": lambda: measure.command((HELP[0], "records", "list"), home),
            "first table": lambda: measure.command((python, "-c", TABLE), home),
        }
        yield from measure.in_turn(GROUP, "commands", runs, rounds=rounds, beside="python -c pass")
    runs = {
        "libraries": lambda: measure.command((python, "-c", LIBRARIES)),
        "libraries and cells": lambda: measure.command((python, "-c", CELLS)),
    }
    yield from measure.in_turn(GROUP, "imports", runs, rounds=rounds, beside="libraries")
