"""Warm papermill: one process imports what a run needs, and each host's run is a fork of it.

To start papermill and its kernel takes longer than most runs work. The process that has imported
all of it runs no notebook itself, so a run begins as a new program does: with its own memory,
session and exit status. If this program dies, that process ends, and Linux tells each run to end.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from runbook.fleet.job import HEARING, HostJob, Running, begin

# The program is of the package notebook, which imports this one.
SERVER = "runbook.notebook.jupyter.warm"
# An order is one message: the words for papermill of one host.
LONGEST = 1 << 17
LOG = "papermill.log"
# A busy machine imports slowly.
START_S = 120.0
END_S = 10.0


class Order(NamedTuple):
    """Run papermill for this host with these words; three open files come with it."""

    host: str
    words: tuple[str, ...]

    def send(self, way: socket.socket, *files: int) -> None:
        """Raises OSError if nobody takes it, or if it is longer than a message may be."""
        message = json.dumps(self).encode()
        if len(message) > LONGEST:
            raise OSError(errno.EMSGSIZE, f"papermill's parameters take over {LONGEST} bytes")
        socket.send_fds(way, [message], files)

    @classmethod
    def receive(cls, way: socket.socket) -> tuple[Self, list[int]] | None:
        """The next one and its files; None if no more will come."""
        message, files, _, _ = socket.recv_fds(way, LONGEST, 3)
        if not message:
            return None
        host, words = json.loads(message)
        return cls(host, tuple(words)), files


@dataclass(slots=True)
class WarmRun:
    """A run that another process started and waits for; `reply` brings its exit status."""

    pid: int
    reply: socket.socket

    def wait(self, timeout: float) -> int:
        """The exit status; raises TimeoutExpired, and ChildProcessError if nobody can say it."""
        self.reply.settimeout(timeout)
        try:
            status = _number(self.reply)
        except TimeoutError:
            raise subprocess.TimeoutExpired("papermill", timeout) from None
        self.reply.close()
        return status

    def send_signal(self, sig: int) -> None:
        """To papermill alone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, sig)


@dataclass(slots=True)
class Warm:
    """Starts runs of this notebook; the process that forks them begins with the first."""

    notebook: str
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _server: subprocess.Popen[bytes] | None = None
    _orders: socket.socket | None = None

    def start(self, job: HostJob, lock: int, log: int) -> Running:
        """Begin the run of a host; raises OSError if it was not begun."""
        ours, theirs = _ways()
        try:
            with theirs:
                Order(job.host, job.words).send(self._at_work(job), theirs.fileno(), log, lock)
            ours.settimeout(START_S)
            return WarmRun(_number(ours), ours)
        except OSError:
            # So the run is not begun later either.
            ours.close()
            raise

    def close(self) -> None:
        """End the process; runs that are still at work are told to end, and undo."""
        if self._orders is None or self._server is None:
            return
        self._orders.close()
        try:
            self._server.wait(END_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def _at_work(self, job: HostJob) -> socket.socket:
        with self._guard:
            if self._orders is None:
                self._orders, theirs = _ways()
                with theirs:
                    self._server = _server(self.notebook, theirs.fileno(), job)
            return self._orders


def _server(notebook: str, orders: int, job: HostJob) -> subprocess.Popen[bytes]:
    argv = (*HEARING, sys.executable, "-m", SERVER, str(orders), notebook)
    with (Path(job.folder) / LOG).open("ab") as log:
        return begin(argv, job, orders, log.fileno())


def _ways() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _number(reply: socket.socket) -> int:
    said = reply.recv(32)
    if not said:
        raise ChildProcessError(f"the process that starts papermill has ended; see {LOG}")
    return int(said)
