"""A guest's console played from a recording: it shows what was shown, once what was typed is typed.

A recording goes from the first key to the shell, and from the end of that shell to
the last key. In between `~ sh` stands for a real sh on a terminal of this machine,
which is told that it is root's.
"""

from __future__ import annotations

import os
import pty
import random
import re
import select
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "transcripts"
USER, PASSWORD, TOKEN = "root", "lab", "k3x9"
# At 300 baud, 30 characters a second.
BAUD_300 = 1 / 30
KERNEL = b"[  123.456789] virtio_net virtio0 eth0: link is up\r\n"
WALL = b"\r\nBroadcast message from root@vm-01 (Tue 2026-11-24 12:00:00 UTC):\r\n\r\nat noon\r\n"


@dataclass(frozen=True)
class Event:
    """Bytes shown ('<') or typed ('>'), '?' for anything typed up to these, or '~' for a shell."""

    kind: str
    data: bytes


def load(name: str) -> tuple[Event, ...]:
    """A recording; consecutive lines of a kind are one event."""
    found: list[Event] = []
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        kind, data = line[:1], line[2:].encode().decode("unicode_escape").encode("latin-1")
        if kind in {"", "#"}:
            continue
        if found and found[-1].kind == kind != "~":
            data = found.pop().data + data
        found.append(Event(kind, data))
    return tuple(found)


def dump(head: str, events: list[Event]) -> str:
    """The text of a recording."""
    lines = [f"# {line}" for line in head.splitlines()]
    for event in events:
        parts = event.data.decode("latin-1").splitlines(keepends=True)
        lines += [f"{event.kind} {_escaped(part)}" for part in parts]
    return "\n".join(lines) + "\n"


def _escaped(part: str) -> str:
    # A blank at a line's end would be lost on whoever edits the file.
    return re.sub(r" $", r"\\x20", part.encode("unicode_escape").decode())


def quiet(_data: bytes) -> bytes:
    """No noise."""
    return b""


def noisy(noise: bytes, seed: int, often: float) -> Callable[[bytes], bytes]:
    """Noise after a byte now and then, the same each time."""
    drawn = random.Random(seed)  # noqa: S311 - a test's noise

    def after(_data: bytes) -> bytes:
        return noise if drawn.random() < often else b""

    return after


@dataclass
class Guest:
    """Plays events to whoever holds `console`; `wrong` says where it was not typed as recorded."""

    events: tuple[Event, ...]
    pause: float = 0.0
    noise: Callable[[bytes], bytes] = quiet
    shell_noise: Callable[[bytes], bytes] = quiet
    wrong: list[str] = field(default_factory=list)
    left: int = 0
    typed: bytes = b""

    def __post_init__(self) -> None:
        self.console, self._far = socket.socketpair()
        self._pending = b""
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def ended(self) -> Guest:
        """After the console was closed: the same guest, done."""
        self._thread.join(10)
        return self

    def _play(self) -> None:
        self.left = len(self.events)
        try:
            for event in self.events:
                self._turn(event)
                self.left -= 1
            while self._receive():
                self._pending = b""
        except (OSError, EOFError):
            pass
        self._far.close()

    def _turn(self, event: Event) -> None:
        if event.kind == "<":
            self._show(event.data, self.noise)
        elif event.kind == "~":
            self._shell()
        elif event.kind == "?":
            while not self._pending.endswith(event.data):
                self._receive()
            self._pending = b""
        else:
            self._expect(event.data)

    def _show(self, data: bytes, noise: Callable[[bytes], bytes]) -> None:
        if not self.pause and noise is quiet:
            self._far.sendall(data)
            return
        for at in range(len(data)):
            self._far.sendall(data[at : at + 1] + noise(data))
            time.sleep(self.pause)

    def _expect(self, wanted: bytes) -> None:
        while len(self._pending) < len(wanted):
            self._receive()
            # An enter too many, typed because this machine was slow to show something.
            while self._pending[:1] == b"\r" != wanted[:1]:
                self._pending = self._pending[1:]
        got, self._pending = self._pending[: len(wanted)], self._pending[len(wanted) :]
        if got != wanted:
            self.wrong.append(f"typed {got!r} where {wanted!r} was recorded")
            raise EOFError

    def _receive(self) -> bytes:
        data = self._far.recv(4096)
        if not data:
            raise EOFError
        self._pending += data
        self.typed += data
        return data

    def _shell(self) -> None:
        master, slave = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "PS1": "# ", "ENV": str(FOLDER / "root.sh")}
        # A child of `setsid`: it is the terminal that gives a shell its ctrl-C.
        argv = ("setsid", "--ctty", "--wait", "/bin/sh")
        with subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=environment
        ) as shell:
            os.close(slave)
            try:
                self._relay(master)
            finally:
                os.close(master)
                shell.wait(5)

    def _relay(self, master: int) -> None:
        os.write(master, self._pending)
        self._pending = b""
        while True:
            ready, _, _ = select.select([master, self._far.fileno()], [], [])
            if self._far.fileno() in ready:
                os.write(master, self._receive())
                self._pending = b""
            if master in ready:
                try:
                    data = os.read(master, 4096)
                except OSError:
                    return
                self._show(data, self.shell_noise)
