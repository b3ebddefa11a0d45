"""One change on one host of the lab, run by papermill, stopped at one point and hit there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from tests import bench

from runbook.lab import guest as guests
from runbook.lab import machine
from runbook.lab.guest import Guest
from runbook.state.snapshot import Snapshot, take
from runbook.transport import connect, ssh

DEADLINE_S = 20
POINT_S = 120.0
PROGRAM_S = 300.0
LOST_S = 90.0
LAST_LINES = 8
ARMED = "/var/lib/runbook/armed"
HOOK = Path(__file__).parent / "hook"
_UNITS = {"d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}


@dataclass(frozen=True, slots=True)
class Tenant:
    """A guest on another network: its process on the host, and the boot that it was seen in."""

    guest: Guest
    seen: str

    @classmethod
    def move_in(cls, host: str) -> Tenant:
        """Start one on libvirt's default network, and wait until it answers."""
        made = Guest("tenant", "default", *guests.place(host, "default"))
        guests.add(host, made)
        return cls(made, cls._look(host))

    def disturbed(self, host: str) -> str:
        """What became of it; '' where it runs on, or again after a boot, and answers."""
        guests.wait(host, self.guest)
        was, now = self.seen.split(), self._look(host).split()
        return (
            "" if was == now or was[0] != now[0] else f"the guest's process: {was[1:]}, {now[1:]}"
        )

    @staticmethod
    def _look(host: str) -> str:
        files = ("/proc/1/stat", "/run/libvirt/qemu/tenant.pid")
        stat, pid = (machine.run(host, ("cat", file)).stdout.decode() for file in files)
        # When process 1 started tells one boot from another.
        return f"{stat.split()[21]} {pid}"


class NeverCame(Exception):
    """The change ended before it came to the point."""


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
    mend: list[Any] = field(default_factory=list)
    guest: Tenant | None = None

    @property
    def out(self) -> Path:
        """The executed notebook."""
        return self.home / "executed" / f"{self.host}.ipynb"

    def wait_for(self, point: str) -> None:
        """Let the change come to the point, and hold it there; raises NeverCame."""
        self.listener._listener._socket.settimeout(POINT_S)  # type: ignore[attr-defined] # noqa: SLF001
        try:
            self.line = line = self.listener.accept()
            while True:
                if not line.poll(POINT_S):
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

    def console(self, *argv: str) -> str:
        """A command at the host's console: no network is needed for it."""
        return machine.run(self.host, argv).stdout.decode()

    def armed(self) -> bool:
        """Whether the change is neither confirmed nor undone."""
        return machine.run(self.host, ("test", "-L", ARMED)).returncode == 0

    def wait_until_not_armed(self) -> None:
        """Until the host has put itself back, or the change was confirmed."""
        end = time.monotonic() + LOST_S
        while self.armed() and time.monotonic() < end:
            time.sleep(0.1)

    def deadline(self) -> float:
        """When the host's timer runs the undo, on this machine's monotonic clock (the same)."""
        ask = ("systemctl", "show", "runbook-deadline-*.timer", "-p", "NextElapseUSecMonotonic")
        spans = [line.partition("=")[2] for line in self.console(*ask).splitlines() if "=" in line]
        found = [_seconds(span) for span in spans if re.search(r"\d", span)]
        return max(found, default=time.monotonic())

    def from_now(self, since: str) -> None:
        """The operator waits from this moment on."""
        self.since, self.trigger = since, time.monotonic()

    def from_deadline(self) -> None:
        """The operator waits from the deadline on; there is none where nothing is armed."""
        self.since, self.trigger = "deadline", self.deadline()

    def seconds_to_answer(self) -> float | None:
        """Until the host lets the operator in; None if it never does."""
        time.sleep(max(0.0, self.trigger - time.monotonic()))
        end = time.monotonic() + LOST_S
        options = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=1")
        while time.monotonic() < end:
            argv = ("ssh", *options, self.host, "true")
            done = subprocess.run(argv, capture_output=True, check=False)
            if done.returncode == 0:
                return time.monotonic() - self.trigger
            time.sleep(0.05)
        return None

    def seconds_to_end(self) -> float:
        """Until the change is ended on the host, the one way or the other."""
        self.wait_until_not_armed()
        return time.monotonic() - self.trigger

    def end_program(self) -> int:
        """The exit status of papermill; one that hangs is a finding of its own."""
        self.go()
        try:
            return self.program.wait(PROGRAM_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.program.pid, signal.SIGKILL)
            self.program.wait()
            return -999

    def last_words(self) -> str:
        """How the program ended, in its own words."""
        text = (self.home / "executed" / f"{self.host}.log").read_text()
        return "\n".join(text.splitlines()[-LAST_LINES:])

    def close(self) -> None:
        """Nothing of the scene goes on."""
        if self.program.poll() is None:
            os.killpg(self.program.pid, signal.SIGKILL)
            self.program.wait()
        self.listener.close()


def begin(host: str, home: Path, *options: str) -> Scene:
    """Start the notebook, ready to be stopped at any point."""
    address = home / f"{host}.socket"
    address.unlink(missing_ok=True)
    (home / "executed").mkdir(exist_ok=True)
    listener = Listener(str(address), "AF_UNIX")
    return Scene(host, home, start(host, home, str(address), *options), listener)


def start(host: str, home: Path, points: str = "", *options: str) -> subprocess.Popen[str]:
    """`papermill routed.ipynb ... -p host HOST`."""
    out = home / "executed" / f"{host}{'' if points else '-second'}.ipynb"
    out.unlink(missing_ok=True)
    path = ":".join((str(HOOK), str(bench.ROOT), os.environ.get("PYTHONPATH", "")))
    hooked = {"RUNBOOK_FAULT_POINTS": points, "PYTHONPATH": path} if points else {}
    given = ("-p", "host", host, "-p", "deadline_s", str(DEADLINE_S), *options)
    with (home / "executed" / f"{host}.log").open("w") as log:
        return subprocess.Popen(
            bench.command(out, given),
            env={**bench.environment(home), **hooked},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


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
