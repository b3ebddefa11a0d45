"""The lab and papermill, as the tests of the notebooks use them: through their command lines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from runbook.run.record import MIME
from runbook.state.snapshot import Snapshot, take
from runbook.transport import ssh
from runbook.transport.connect import connect

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "routed.ipynb"
UNDO = ROOT / "notebooks" / "undo.ipynb"
REVERT = ROOT / "notebooks" / "revert.ipynb"
DESK = ROOT / "notebooks" / "desk.ipynb"
SURVEY = ROOT / "notebooks" / "survey.ipynb"
BIN = Path(sys.executable).parent
HOST = "server-01"
# What a change as promised leaves in its run folder, whoever made it.
PRODUCTS = frozenset(
    (
        *(
            "params.json",
            "before.json",
            "commands-before.json",
            "wiring-before.html",
            "commands-after.json",
            "wiring-after.html",
            "plan.json",
            "preflight.json",
            "probes.json",
        ),
        *("approval.json", "undo", "journal", "pulse.json", "verdict.json", "confirmed.json"),
        *(f"apply-{phase}.json" for phase in ("prepare", "network", "cutover", "settle")),
        *("after.json", "diff.json", "outcome.json"),
        *("begun.json", "journal-of-the-host", "record.json"),
    )
)


def thorough(*values: object) -> ParameterSet:
    """A case that is left to `make thorough`."""
    return pytest.param(*values, marks=pytest.mark.thorough)


def lab(*argv: str) -> str:
    """A verb of the lab; what it printed."""
    command = [str(BIN / "runbook"), "lab", *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def on_host(*argv: str) -> str:
    """A command at the host's console."""
    return lab("exec", HOST, "--", *argv)


def fresh() -> None:
    """The host as it was installed, in a lab that is up."""
    lab("up")
    lab("power-cut", HOST)
    # Otherwise the router goes on sending to the bridge that the host had until its entry ages.
    lab("router", "--", "ip", "neigh", "flush", "all")
    lab("renew", HOST)


def snapshot() -> Snapshot:
    """The host's state, over ssh."""
    host = connect(HOST, prefix=ssh(HOST))
    try:
        return take(host, datetime.now(UTC))
    finally:
        host.close()


def make_home(folder: Path) -> Path:
    """A home of its own with the shipped parameters, so that records stay out of the tree."""
    home = folder / "home"
    shutil.copytree(ROOT / "params", home / "params")
    return home


@dataclass(frozen=True)
class Done:
    """A papermill run that ended."""

    status: int
    said: str
    out: Path

    @property
    def notebook(self) -> dict[str, Any]:
        """The executed notebook."""
        read: dict[str, Any] = json.loads(self.out.read_text())
        return read

    @property
    def outcome(self) -> Mapping[str, Any]:
        """The last word that it holds; empty where there is none."""
        cells = [c for c in self.notebook["cells"] if c["cell_type"] == "code"]
        data = [o.get("data", {}) for cell in cells for o in cell["outputs"]]
        told = [d[MIME] for d in data if MIME in d]
        return told[-1] if told else {}

    @property
    def page(self) -> str:
        """Every output as text."""
        cells = [c for c in self.notebook["cells"] if c["cell_type"] == "code"]
        texts = [o["data"]["text/plain"] for c in cells for o in c["outputs"] if "data" in o]
        return "\n".join("".join(text) for text in texts)


# Who tests in the background has its signals ignored, and all that it starts would, too.
HEARING = ("env", "--default-signal=INT,TERM,HUP")


def command(out: Path, options: tuple[str, ...], notebook: Path = NOTEBOOK) -> list[str]:
    """The command line that runs a notebook."""
    return [
        *HEARING,
        str(BIN / "papermill"),
        str(notebook),
        str(out),
        "--no-progress-bar",
        *options,
    ]


def environment(home: Path) -> dict[str, str]:
    """The environment for it."""
    return {**os.environ, "RUNBOOK_HOME": str(home)}


def papermill(
    home: Path,
    *options: str,
    name: str = "out.ipynb",
    notebook: Path = NOTEBOOK,
    place: tuple[str, ...] = (),
    limit_s: float = 240,
) -> Done:
    """Run a notebook from a directory that has nothing to do with it; `place` leads elsewhere."""
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    out = elsewhere / name
    done = subprocess.run(
        [*place, *command(out, options, notebook)],
        cwd=elsewhere,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
    )
    return Done(done.returncode, done.stdout + done.stderr, out)


def fleet(home: Path, *words: str, limit_s: float = 900) -> subprocess.CompletedProcess[str]:
    """`runbook fleet`, as an operator types it."""
    return subprocess.run(
        [*HEARING, str(BIN / "runbook"), "fleet", *words],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
    )
