"""One change on one host of the lab, run by papermill, stopped at one point and hit there."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Protocol

from tests import bench
from tests.faults import knocking
from tests.faults.knocking import kill
from tests.faults.tenant import Tenant

from runbook.lab import machine
from runbook.lab.hardware import NSPAWN
from runbook.state.snapshot import Snapshot, take
from runbook.transport import ssh
from runbook.transport.connect import connect

DEADLINE_S = 20
POINT_S = 120.0
PROGRAM_S = 300.0
LOST_S = 90.0
CONSOLE_S = 60.0
# The host is looked at this long before the deadline; the look takes less.
LOOK_S = knocking.LOOK_S + 1.0
LAST_LINES = 8
HANGS = -999
BRIDGE = "virbr1"
ARMED = "/var/lib/runbook/armed"
HOOK = Path(__file__).parent / "hook"
_UNITS = {"d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}


class NotHit(Exception):
    """The fault did not take place as it was meant to, so nothing was tried."""


class NeverCame(NotHit):
    """The change ended before it came to the point."""


class Disk(Protocol):
    """Something of the operator's machine that is there for one case."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """What is on it."""

    @property
    def hidden(self) -> frozenset[Path]:
        """What lies below it."""

    def unmount(self) -> None:
        """Take it away."""


@dataclass
class Scene:
    """The program, the host, and since when the operator waits to reach that host again."""

    host: str
    home: Path
    program: subprocess.Popen[str]
    listener: Listener
    line: Connection | None = None
    kernel: int = 0
    since: str = "fault"
    trigger: float = 0.0
    # Whether nobody was let in shortly before the deadline.
    cut_off: bool = False
    # What a good row has to say all the same.
    note: str = ""
    mend: list[Callable[[], object]] = field(default_factory=list)
    guest: Tenant | None = None
    # What the operator's machine has for itself; taken away when all is judged.
    disk: Disk | None = None
    # The run folders that there were before this run.
    before: frozenset[Path] = frozenset()
    armed_at_exit: bool = False
    # How many times as long an emulated host takes.
    slower: float = 1.0

    @property
    def out(self) -> Path:
        """The executed notebook."""
        return executed(self.home, self.host)

    @property
    def log(self) -> Path:
        """What papermill said."""
        return log_of(self.home, self.host)

    def folders(self) -> frozenset[Path]:
        """The run folders of this host."""
        return folders(self.home, self.host)

    def wait_for(self, point: str) -> None:
        """Let the change come to the point, and hold it there; raises NeverCame."""
        patience = POINT_S * self.slower
        self.listener._listener._socket.settimeout(patience)  # type: ignore[attr-defined] # noqa: SLF001
        try:
            self.line = line = self.listener.accept()
            while True:
                if not line.poll(patience):
                    raise NeverCame(point)
                self.kernel, seen = line.recv()
                if seen == point:
                    return
                line.send("go")
        except (EOFError, OSError) as error:
            raise NeverCame(point) from error

    def go(self) -> None:
        """Let the change go on, and stop it nowhere any more."""
        if self.line:
            # A kernel that was killed hears nothing.
            with suppress(OSError):
                self.line.send("go")
            self.line.close()
        self.line = None

    def run(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        """A command at the host's console, which needs no network, however it ends."""
        return subprocess.run(
            machine.inside(self.host, argv),
            capture_output=True,
            timeout=CONSOLE_S * self.slower,
            check=False,
        )

    def ask(self, *argv: str) -> str:
        """What a command says at the host's console, however it ends."""
        return self.run(*argv).stdout.decode()

    def console(self, *argv: str) -> str:
        """A command at the host's console that has to succeed; raises NotHit."""
        done = self.run(*argv)
        if done.returncode != 0:
            raise NotHit(f"{argv}: status {done.returncode} {done.stderr.decode().strip()}")
        return done.stdout.decode()

    def armed(self) -> bool:
        """Whether the change is neither confirmed nor undone."""
        return self.run("test", "-L", ARMED).returncode == 0

    def wait_until_not_armed(self) -> None:
        """Until the host has put itself back, or the change was confirmed."""
        end = max(self.deadline(), time.monotonic()) + LOST_S * self.slower
        while self.armed() and time.monotonic() < end:
            time.sleep(0.1)

    def deadline(self) -> float:
        """When the host's timer runs the undo, on this machine's monotonic clock."""
        ask = ("systemctl", "show", "runbook-deadline-*.timer", "-p", "NextElapseUSecMonotonic")
        spans = [line.partition("=")[2] for line in self.ask(*ask).splitlines() if "=" in line]
        found = [_seconds(span) for span in spans if re.search(r"\d", span)]
        return max(found) + self._clock() if found else time.monotonic()

    def _clock(self) -> float:
        """By how much this machine's clock is ahead; only an emulated host has its own."""
        if machine.kind_of(self.host) == NSPAWN.machine:
            return 0.0
        return time.monotonic() - float(self.ask("cat", "/proc/uptime").split()[0])

    def from_now(self, since: str) -> None:
        """The operator waits from this moment on."""
        self.since, self.trigger = since, time.monotonic()

    def from_deadline(self) -> None:
        """The operator waits from the deadline on; there is none where nothing is armed."""
        self.since, self.trigger = "deadline", self.deadline()

    def seconds_to_answer(self) -> float | None:
        """Until the host lets the operator in; None if it never does."""
        if self.trigger - time.monotonic() > LOOK_S:
            time.sleep(self.trigger - LOOK_S - time.monotonic())
            self.cut_off = not knocking.lets_in(self.host)
        time.sleep(max(0.0, self.trigger - time.monotonic()))
        met = knocking.until_let_in(self.host, LOST_S * self.slower)
        return None if met is None else met - self.trigger

    def seconds_to_end(self) -> float:
        """Until the change is ended on the host, the one way or the other."""
        self.wait_until_not_armed()
        return time.monotonic() - self.trigger

    def end_program(self) -> int:
        """The exit status of papermill; HANGS, a finding of its own, if it does not end."""
        self.go()
        try:
            return self.program.wait(PROGRAM_S * self.slower)
        except subprocess.TimeoutExpired:
            kill(self.program)
            return HANGS

    def mend_all(self) -> None:
        """Take away what a fault left, the last first; raises what the last failed mend raised."""
        while self.mend:
            self.mend.pop()()

    def last_words(self) -> str:
        """How the program ended, in its own words."""
        text = self.log.read_text()
        return "\n".join(text.splitlines()[-LAST_LINES:])

    def close(self) -> None:
        """Nothing of the scene goes on, and nothing of the fault stays."""
        kill(self.program)
        self.listener.close()
        while self.mend:
            # Whatever one of them meets, the others have to be tried.
            with suppress(Exception):
                self.mend.pop()()
        if self.disk:
            self.disk.unmount()


def executed(home: Path, host: str, name: str = "") -> Path:
    """The executed notebook; `name` tells two runs on one host apart."""
    return home / "executed" / host / f"out{name}.ipynb"


def log_of(home: Path, host: str, name: str = "") -> Path:
    """What papermill said; on no disk that a fault comes to."""
    return home / "logs" / f"{host}{name}.log"


def folders(home: Path, host: str) -> frozenset[Path]:
    """The run folders of a host."""
    return frozenset((home / "outputs" / host).glob("*"))


def begin(
    host: str,
    home: Path,
    *options: str,
    notebook: Path = bench.NOTEBOOK,
    environment: Mapping[str, str] | None = None,
    held: bool = True,
    slower: float = 1.0,
) -> Scene:
    """Start the notebook, ready to be stopped at any point if it is to be `held`."""
    address = home / f"{host}.socket"
    address.unlink(missing_ok=True)
    listener = Listener(str(address), "AF_UNIX")
    asks = {"RUNBOOK_FAULT_POINTS": str(address)} if held else {}
    told = {**(environment or {}), **asks, "PYTHONPATH": _path()}
    before = folders(home, host)
    program = start(host, home, *options, environment=told, notebook=notebook)
    return Scene(host, home, program, listener, before=before, slower=slower)


def start(
    host: str,
    home: Path,
    *options: str,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    notebook: Path = bench.NOTEBOOK,
) -> subprocess.Popen[str]:
    """`papermill NOTEBOOK ... -p host HOST`; `name` tells two runs on one host apart."""
    out, said = executed(home, host, name), log_of(home, host, name)
    for path in (out, said):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    given = ("-p", "host", host, "-p", "deadline_s", str(DEADLINE_S), *options)
    with said.open("w") as log:
        return subprocess.Popen(
            bench.command(out, given, notebook),
            env={**bench.environment(home), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def _path() -> str:
    return ":".join((str(HOOK), str(bench.ROOT), os.environ.get("PYTHONPATH", "")))


def snapshot(host: str) -> Snapshot:
    """The host's state, over SSH."""
    reached = connect(host, prefix=ssh(host))
    try:
        return take(reached, datetime.now(UTC))
    finally:
        reached.close()


def files(host: str) -> set[str]:
    """Every file of /etc: kind, mode, owner, target or content."""
    listed = ("find", "/etc", "-xdev", "-printf", r"%p %y %M %U:%G %l\n")
    summed = ("find", "/etc", "-xdev", "-type", "f", "-exec", "sha256sum", "{}", "+")
    both = (machine.run(host, argv).stdout.decode() for argv in (listed, summed))
    return {line for text in both for line in text.splitlines()}


def _seconds(span: str) -> float:
    parts = re.findall(r"([\d.]+)(min|ms|us|d|h|s)", span)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
