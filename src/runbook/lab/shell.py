"""Programs run for the lab on this machine, and the processes that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from runbook.common.errors import LabError

PATIENCE_S = 60.0
PROC = Path("/proc")


def failed(action: str, why: str, then: str = "runbook lab down, then try again") -> LabError:
    """The error for a lab that could not do what was asked."""
    return LabError(
        f"{action}: {why}", host="this machine", state="the lab is incomplete", then=then
    )


def run(*argv: str, stdin: str = "", timeout: float = PATIENCE_S) -> str:
    """Run a program that has to succeed; its standard output."""
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
    except FileNotFoundError as error:
        raise failed(
            argv[0], "the program is missing", "make setup, or install its package"
        ) from error
    if done.returncode != 0:
        raise failed(" ".join(argv), (done.stderr or done.stdout).strip() or str(done.returncode))
    return done.stdout


def quiet(*argv: str) -> bool:
    """Run a program that may fail; whether it succeeded."""
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def wait_for(action: str, ready: Callable[[], bool], seconds: float, pause: float = 0.1) -> None:
    """Wait until `ready`; raises LabError when that takes too long."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise failed(action, f"not within {seconds:.0f} s")
        time.sleep(pause)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def kill(pids: Sequence[int]) -> None:
    """Kill processes of the lab and wait until they are gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_for("ending processes", lambda: not any(alive(pid) for pid in pids), 20, pause=0.02)


def command_lines() -> dict[int, tuple[str, ...]]:
    """The command line of every process that a lab of this place could have started."""
    found = {}
    for process in PROC.glob("[0-9]*"):
        try:
            if not _is_of_this_place(process):
                continue
            words = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        found[int(process.name)] = tuple(word.decode(errors="replace") for word in words)
    return found


def _is_of_this_place(process: Path) -> bool:
    """Whether a process runs as our user, in our PID namespace, and has our /run as its own.

    A lab that scripts/apart has put elsewhere has the same names and paths, and its
    processes are listed here too.
    """
    own = PROC / "self"
    return (
        process.stat().st_uid == own.stat().st_uid
        and (process / "ns/pid").readlink() == (own / "ns/pid").readlink()
        and (process / "root/run").samefile(own / "root/run")
    )


def children(pid: int) -> tuple[int, ...]:
    """The processes that it started and that still run."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return ()
    return tuple(int(word) for word in text.split())


def mounts_below(folder: Path) -> tuple[str, ...]:
    """Mount points below a folder, the innermost first."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    below = (point for point in points if folder in Path(point).parents)
    return tuple(sorted(below, reverse=True))
