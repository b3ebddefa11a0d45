"""One host's run: a papermill process of its own, and what its notebook says at its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runbook.common import handed_files
from runbook.common.printable import printable
from runbook.run.record import MIME

LOOK_S = 0.5
# What papermill is given to undo a change after it was told to end.
UNDO_S = 300.0
# Who starts a fleet in the background has its signals ignored, and each run would ignore them too.
HEARING = ("env", "--default-signal=INT,TERM,HUP")
# While this file is in the folder of the fleet run, every run of it is told to stop.
INTERRUPT = "interrupt"


@dataclass(frozen=True, slots=True)
class HostJob:
    """What to run for a host; `folder` takes the notebook and what papermill prints."""

    host: str
    notebook: str
    options: tuple[str, ...]
    folder: str
    limit_s: float
    suffix: str = ""

    @property
    def out(self) -> Path:
        """The executed notebook."""
        return Path(self.folder) / f"{self.host}{self.suffix}.ipynb"

    @property
    def log(self) -> Path:
        """What papermill printed."""
        return Path(self.folder) / f"{self.host}{self.suffix}.log"

    @property
    def argv(self) -> tuple[str, ...]:
        """The command."""
        papermill = (sys.executable, "-m", "papermill", self.notebook, str(self.out))
        return (*HEARING, *papermill, "--no-progress-bar", "-p", "host", self.host, *self.options)


@dataclass(frozen=True, slots=True)
class JobResult:
    """papermill's exit status, the outcome in its notebook ({} if none), its seconds, its error."""

    host: str
    status: int
    outcome: Mapping[str, object]
    seconds: float
    error: str = ""


def play(job: HostJob) -> JobResult:
    """Run papermill to its end; what takes longer than `limit_s` is told to end, and undoes."""
    began = time.monotonic()
    with job.log.open("wb") as log:
        # In a session of its own: Ctrl-C is for the fleet, which decides what it ends.
        running = subprocess.Popen(
            job.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status = _waited(running, job, began + job.limit_s)
    seconds = time.monotonic() - began
    outputs = outputs_of(job.out)
    return JobResult(job.host, status, outcome_of(outputs), seconds, _error_of(outputs))


def _waited(running: subprocess.Popen[bytes], job: HostJob, end: float) -> int:
    told = False
    while True:
        try:
            return running.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            late = time.monotonic() > end
        if told and late:
            os.killpg(running.pid, signal.SIGKILL)
            return running.wait(UNDO_S)
        if not told and (late or (Path(job.folder) / INTERRUPT).exists()):
            running.send_signal(signal.SIGTERM if late else signal.SIGINT)
            told, end = True, time.monotonic() + UNDO_S


def outputs_of(notebook: Path) -> list[Mapping[str, object]]:
    """All outputs of an executed notebook, in order; none where it cannot be read."""
    try:
        cells = handed_files.json_object(handed_files.text(notebook))["cells"]
        return [output for cell in cells for output in cell.get("outputs", ())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def outcome_of(outputs: Iterable[Mapping[str, object]]) -> Mapping[str, object]:
    """The last outcome that these outputs tell; empty where they tell none."""
    bundles = [data for o in outputs if isinstance(data := o.get("data"), dict)]
    told = [outcome for data in bundles if isinstance(outcome := data.get(MIME), dict)]
    return told[-1] if told else {}


def _error_of(outputs: Iterable[Mapping[str, object]]) -> str:
    errors = [str(o.get("evalue", "")) for o in outputs if o.get("output_type") == "error"]
    return printable(errors[-1]).partition("\n")[0] if errors else ""
