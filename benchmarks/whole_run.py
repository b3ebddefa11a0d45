"""The whole run: papermill with routed.ipynb on a lab host, beside an empty notebook."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import lab, measure
from benchmarks.measure import Cost, Row
from tests import bench

GROUP = "whole run"
EMPTY, OURS = "empty notebook", "runbook"


def measured(rounds: int) -> Iterator[Row]:
    """A change on a fresh host, a run that only plans, and a rehearsal; an empty notebook each."""
    yield from rehearsed(rounds)
    lab.up()
    with _place() as home:
        yield from _beside_empty(home, "change", ("-p", "host", bench.HOST), rounds, fresh=True)
        lab.renewed()
        plan = ("-p", "host", bench.HOST, "-p", "mode", "plan")
        yield from _beside_empty(home, "plan only", plan, rounds)


def rehearsed(rounds: int) -> Iterator[Row]:
    """The same up to preflight on a recorded host, which needs no lab."""
    with _place() as home:
        yield from _beside_empty(home, "rehearsal", ("-p", "host", "example"), rounds)


def _beside_empty(
    home: Path, case: str, options: Sequence[str], rounds: int, *, fresh: bool = False
) -> list[Row]:
    empty = home / "empty.ipynb"
    empty.write_text(json.dumps(emptied(json.loads(bench.NOTEBOOK.read_text()))))

    def ours() -> Cost:
        if fresh:
            lab.renewed()
        return _papermill(home, bench.NOTEBOOK, options)

    runs = {EMPTY: lambda: _papermill(home, empty, ()), OURS: ours}
    return measure.in_turn(GROUP, case, runs, rounds=rounds, beside=EMPTY)


def emptied(notebook: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """As many cells of each kind; those of code do nothing."""
    cells = [
        {**cell, "source": "pass"} if cell["cell_type"] == "code" else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "cells": cells}


@contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield bench.make_home(Path(folder))


def _papermill(home: Path, notebook: Path, options: Sequence[str]) -> Cost:
    argv = bench.command(home.parent / "out.ipynb", tuple(options), notebook)
    return measure.command(argv, {"RUNBOOK_HOME": str(home)})
