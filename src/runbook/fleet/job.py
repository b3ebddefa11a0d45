"""One host's run: a papermill process of its own, and what its notebook says at its end."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runbook.common import atomic_files, handed_files
from runbook.common.clock import Clock
from runbook.common.folders import VARIABLE
from runbook.common.printable import printable
from runbook.records import told_outcome
from runbook.run.record import RESULT_MIME

LOOK_S = 0.5
# What papermill is given to undo a change after it was told to end.
UNDO_S = 300.0
# Who starts a fleet in the background has its signals ignored, and each run would ignore them too.
HEARING = ("env", "--default-signal=INT,TERM,HUP")
# Where the program that waits for papermill dies, papermill is told to end, and undoes the change.
ENDING = ("setpriv", "--pdeathsig", "INT")
# While this file is in the folder of the fleet run, every run of it is told to stop.
INTERRUPT = "interrupt"
# What the files of a run that only plans have between the host's name and their ending.
PLAN_SUFFIX = ".plan"
# What no run ended with: the run was not begun, or nobody knows.
NO_STATUS = -1


@dataclass(frozen=True, slots=True)
class HostJob:
    """What to run for a host; `folder` takes the notebook and what papermill prints.

    `attempt` names this run among all runs of the host: none is begun twice.
    """

    host: str
    notebook: str
    options: tuple[str, ...]
    folder: str
    limit_s: float
    suffix: str = ""
    attempt: str = ""

    @property
    def out(self) -> Path:
        """The executed notebook."""
        return Path(self.folder) / f"{self.host}{self.suffix}.ipynb"

    @property
    def log(self) -> Path:
        """What papermill printed."""
        return Path(self.folder) / f"{self.host}{self.suffix}.log"

    @property
    def interrupts(self) -> tuple[Path, Path]:
        """While one of these files is there, the run is told to stop."""
        return Path(self.folder) / INTERRUPT, interrupt_of(Path(self.folder), self.host)

    @property
    def words(self) -> tuple[str, ...]:
        """What papermill is told."""
        own = ("--no-progress-bar", "-p", "host", self.host)
        return (self.notebook, str(self.out), *own, *self.options)

    @property
    def environment(self) -> dict[str, str]:
        """Whoever runs it, params/ and outputs/ are those of the fleet run."""
        home = Path(self.folder).parents[2]
        return {**os.environ, **({VARIABLE: str(home)} if (home / "params").is_dir() else {})}


@dataclass(frozen=True, slots=True)
class JobResult:
    """papermill's exit status, the outcome in its notebook ({} if none), its seconds, its error."""

    host: str
    status: int
    outcome: Mapping[str, object]
    seconds: float
    error: str = ""


class Running(Protocol):
    """A papermill at work, in a session of its own, as `subprocess.Popen` has it."""

    pid: int

    def wait(self, timeout: float) -> int:
        """Its exit status; raises subprocess.TimeoutExpired."""

    def send_signal(self, sig: int) -> None:
        """To papermill alone; nothing if it has ended."""


# Begins the run of a host, with its lock held and its output in the file; raises OSError.
Start = Callable[[HostJob, int, int], Running]


Play = Callable[[HostJob], JobResult]


def cold(job: HostJob, lock: int, log: int) -> Running:
    """A new papermill."""
    return begin((*ENDING, *HEARING, sys.executable, "-m", "papermill", *job.words), job, lock, log)


def begin(argv: tuple[str, ...], job: HostJob, kept: int, log: int) -> subprocess.Popen[bytes]:
    """A program with the job's environment, its output in the file `log`; it keeps `kept` open."""
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        # Ctrl-C is for the fleet, which decides what it ends.
        start_new_session=True,
        pass_fds=(kept,),
        env=job.environment,
    )


def play(job: HostJob, start: Start = cold) -> JobResult:
    """Run papermill to its end; what takes longer than `limit_s` is told to end, and undoes.

    Whoever hands out the job twice gets no second run.
    """
    began = time.monotonic()
    if not _is_first(job):
        return JobResult(job.host, NO_STATUS, {}, 0.0, "this run was begun before")
    try:
        status = _run(job, start, began + job.limit_s)
    except BlockingIOError:
        return JobResult(job.host, NO_STATUS, {}, 0.0, "another run of this host is at work")
    seconds = time.monotonic() - began
    outputs = outputs_of(job.out)
    return JobResult(job.host, status, outcome_of(outputs), seconds, _error_of(outputs))


def is_over(folder: Path, host: str, clock: Clock, patience_s: float) -> bool:
    """Wait until no papermill of the host is at work any more; False if one still is."""
    end = clock.monotonic() + patience_s
    while True:
        try:
            with _held(folder, host):
                return True
        except BlockingIOError:
            if clock.monotonic() >= end:
                return False
        clock.sleep(LOOK_S)


def interrupt_of(folder: Path, host: str) -> Path:
    """While this file is there, the run of this host is told to stop."""
    return folder / f"{host}.{INTERRUPT}"


def _is_first(job: HostJob) -> bool:
    if not job.attempt:
        return True
    try:
        atomic_files.create(Path(job.folder) / f".{job.host}{job.suffix}.{job.attempt}", b"")
    except FileExistsError:
        return False
    return True


def _run(job: HostJob, start: Start, end: float) -> int:
    job.out.unlink(missing_ok=True)
    with _held(Path(job.folder), job.host) as lock, job.log.open("wb") as log:
        return _waited(start(job, lock, log.fileno()), job, end)


@contextmanager
def _held(folder: Path, host: str) -> Iterator[int]:
    """A lock that papermill holds too, so it says whether one is at work, whoever began it.

    Raises BlockingIOError.
    """
    lock = os.open(folder / f".{host}.at-work", os.O_WRONLY | os.O_CREAT, atomic_files.PRIVATE_FILE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock
    finally:
        os.close(lock)


def _waited(running: Running, job: HostJob, end: float) -> int:
    told = False
    while True:
        try:
            return running.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            late = time.monotonic() > end
        if told and late:
            os.killpg(running.pid, signal.SIGKILL)
            return running.wait(UNDO_S)
        if not told and (late or any(path.exists() for path in job.interrupts)):
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
    bundles = [o for o in outputs if isinstance(o.get("data"), dict)]
    found = [told_outcome.outcome_of(o) or _result_of(o) for o in bundles]
    told = [outcome for outcome in found if isinstance(outcome, Mapping)]
    return told[-1] if told else {}


def _result_of(output: Mapping[str, object]) -> object:
    """How a run ended that writes no record."""
    data = output["data"]
    return data.get(RESULT_MIME) if isinstance(data, dict) else None


def _error_of(outputs: Iterable[Mapping[str, object]]) -> str:
    errors = [str(o.get("evalue", "")) for o in outputs if o.get("output_type") == "error"]
    return printable(errors[-1]).partition("\n")[0] if errors else ""
