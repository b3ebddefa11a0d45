"""Whether the program of a run that has no end yet still lives.

The program holds a lock on a file in the run folder for as long as it lives. The operating system
lets the lock go when the program ends, however it ends. The file names the machine, because only
that machine can tell a lock that nobody holds from one that it cannot see.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import tempfile
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from runbook.common.printable import printable

# A name with a dot is none of the products.
AT_WORK = ".at-work"
# What the journal says while the question for the approval is on the screen.
WAITING = "Waiting for a person's answer"
LARGEST = 400


class Life(StrEnum):
    """What is known of the program of a run that has no end."""

    RUNNING = "goes on"
    WAITING = "waits for a person's answer"
    DIED = "died in the middle"
    NOT_KNOWN = "died, or goes on"


@dataclass(frozen=True, slots=True)
class AtWork:
    """Whether a run goes on; `where` is its process and machine, '' if the run did not say."""

    life: Life
    where: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether its program lives, as far as this machine can see."""
        return self.life in (Life.RUNNING, Life.WAITING)

    def describe(self, journal: Sequence[str]) -> str:
        """Where it runs or ran, and how far it came."""
        last = f"last: {journal[-1]}" if journal else "nothing is in its journal yet"
        return f"{self.where}; {last}" if self.where else last


NOT_KNOWN = AtWork(Life.NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Hold:
    """The lock, held by this program."""

    path: Path
    descriptor: int
    close: Callable[[], object]

    def let_go(self) -> None:
        """The run is over: nothing of the lock is left, unless another program has it by now."""
        with suppress(OSError):
            if os.path.samestat(os.fstat(self.descriptor), self.path.lstat()):
                self.path.unlink()
        self.close()


def hold(folder: Path, owner: object) -> Hold:
    """Take the lock, until `owner` is gone or it is let go; raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f"{AT_WORK}.", dir=folder)
    try:
        # Nobody can look at it before it has its name, so nobody else can have the lock.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(descriptor, f"{socket.gethostname()}\nprocess {os.getpid()}\n".encode())
        Path(name).replace(folder / AT_WORK)
    except BaseException:
        os.close(descriptor)
        Path(name).unlink(missing_ok=True)
        raise
    return Hold(folder / AT_WORK, descriptor, weakref.finalize(owner, os.close, descriptor))


def look(folder: Path, journal: Sequence[str]) -> AtWork:
    """What is known of the run in this folder, which has no end; waits for nobody."""
    with suppress(OSError):
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(folder / AT_WORK, flags)
        try:
            return _look(descriptor, journal)
        finally:
            os.close(descriptor)
    return NOT_KNOWN


def _look(descriptor: int, journal: Sequence[str]) -> AtWork:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return NOT_KNOWN
    told = os.read(descriptor, LARGEST).decode("utf-8", "replace").splitlines()
    machine, process, *_ = (*map(printable, told), "", "")
    where = f"{process} on {machine}" if machine and process else ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        waits = bool(journal) and journal[-1].endswith(f" {WAITING}: begins")
        return AtWork(Life.WAITING if waits else Life.RUNNING, where)
    here = machine == socket.gethostname()
    return AtWork(Life.DIED if here else Life.NOT_KNOWN, where)
