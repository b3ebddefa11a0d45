"""Commands on the host: an argv list, a process group of its own, a time limit."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
import subprocess
import threading
import time
from typing import IO, Any, Dict, List, Set, Tuple

# What an undo script on the host has too: a program that is found here is found there.
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = ("HOME", "USER", "LOGNAME")
# How long output is waited for after the command itself has ended: a daemon
# that it left behind may hold the pipe open for ever.
_DRAIN_S = 1.0
# Of each stream. A command that writes more is ended: nobody can be handed all of it.
_MOST = 1 << 27
_TERMINATE_S = 1.0
_PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None).prctl


class Commands:
    """Runs commands, and ends those still running when the relay ends."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._lock = threading.Lock()
        self._running: Set[subprocess.Popen[bytes]] = set()

    def run(self, header: Dict[str, Any], payload: bytes) -> Tuple[Dict[str, Any], bytes]:
        """Run `argv` for at most `limit` seconds with the payload as its input.

        With `memory` it gets no more bytes than that: a line without end in a file that it reads
        must not take the host's. Answers `returncode`, the length of `stdout` (the rest of the
        payload is standard error), and `timed_out`. As in a shell, 127 is a missing program and
        126 one that may not be run.
        """
        argv = header["argv"]
        try:
            child = self._start(argv, header.get("memory"), feed=bool(payload))
        except (FileNotFoundError, PermissionError) as error:
            missing = isinstance(error, FileNotFoundError)
            text = "%s: %s" % (argv[0], error.strerror)
            return _answer(127 if missing else 126, b"", text.encode(), timed_out=False)
        try:
            return _finish(child, payload, header["limit"])
        finally:
            with self._lock:
                self._running.discard(child)

    def _start(self, argv: List[str], memory: int | None, *, feed: bool) -> subprocess.Popen[bytes]:
        with self._lock:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                preexec_fn=lambda: _begin(memory),  # noqa: PLW1509 (system calls, no lock)
            )
            self._running.add(child)
        return child

    def stop(self) -> None:
        """Ask every running command to end, then make it; for the relay's end only."""
        # Never released: no command may start any more.
        self._lock.acquire()
        for child in self._running:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _TERMINATE_S
        while time.monotonic() < deadline and any(c.poll() is None for c in self._running):
            time.sleep(0.02)
        for child in self._running:
            _signal(child, signal.SIGKILL)


def _environment() -> Dict[str, str]:
    # Whatever a login's own files set must not choose which program runs as root, nor how. And
    # output is parsed, so it must not be translated.
    inherited = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return dict(inherited, PATH=_PATH, LC_ALL="C")


def _begin(memory: int | None) -> None:
    # Between fork and exec, so nothing but system calls. The signal
    # comes when the thread that forked ends, and that thread waits.
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _finish(
    child: subprocess.Popen[bytes], payload: bytes, limit: float
) -> Tuple[Dict[str, Any], bytes]:
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        _signal(child, signal.SIGKILL)

    timer = threading.Timer(limit, expire)
    timer.daemon = True
    timer.start()
    outputs = [_Collector(stream, child) for stream in (child.stdout, child.stderr) if stream]
    if child.stdin:
        threading.Thread(target=_feed, args=(child.stdin, payload), daemon=True).start()
    # A plain wait: with a time limit, old Pythons poll every 50 ms.
    returncode = child.wait()
    timer.cancel()
    deadline = time.monotonic() + _DRAIN_S
    stdout, stderr = (output.take(deadline) for output in outputs)
    if any(output.full for output in outputs):
        raise OSError(errno.EFBIG, "it wrote more than %d MiB and was killed" % (_MOST >> 20))
    return _answer(returncode, stdout, stderr, timed_out=expired.is_set())


class _Collector:
    """Reads one stream to its end in a thread of its own, or to where it is too long."""

    def __init__(self, stream: IO[bytes], child: subprocess.Popen[bytes]) -> None:
        self.full = False
        self._stream = stream
        self._child = child
        self._pieces: List[bytes] = []
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        room = _MOST
        while not self.full:
            piece = os.read(self._stream.fileno(), 1 << 16)
            if not piece:
                break
            self._pieces.append(piece)
            room -= len(piece)
            self.full = room < 0
        self._stream.close()
        if self.full:
            _signal(self._child, signal.SIGKILL)

    def take(self, deadline: float) -> bytes:
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return b"".join(self._pieces)


def _feed(stream: IO[bytes], payload: bytes) -> None:
    # A command may end without reading its input; that is its own affair.
    try:
        stream.write(payload)
        stream.close()
    except OSError:
        pass


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)


def _answer(
    returncode: int, stdout: bytes, stderr: bytes, *, timed_out: bool
) -> Tuple[Dict[str, Any], bytes]:
    header = {"returncode": returncode, "stdout": len(stdout), "timed_out": timed_out}
    return header, stdout + stderr
