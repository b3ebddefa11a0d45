"""Limits for what knows none: seconds for a library's call, seconds and bytes for a program."""

from __future__ import annotations

import os
import selectors
import subprocess
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Result = TypeVar("Result")
_CHUNK = 1 << 16


class TooLong(Exception):
    """A program wrote more than it may."""


def within(limit: float, call: Callable[[], Result]) -> Result:
    """What `call` returns or raises; concurrent.futures.TimeoutError after `limit` seconds."""
    return in_thread(call, limit).result(0)


def in_thread(call: Callable[[], Result], limit: float) -> Future[Result]:
    """Run `call` in a daemon thread: one that hangs must not keep the program from ending."""
    answer: Future[Result] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 (it is raised in the caller's thread)
            answer.set_exception(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(limit)
    return answer


def output(argv: Sequence[str], *, seconds: float, most: int) -> subprocess.CompletedProcess[bytes]:
    """Run a program on this machine that may write `most` bytes to each of its two outputs.

    Raises TooLong for more, subprocess.TimeoutExpired if it does not end in time; it is
    killed then. OSError if it cannot be started.
    """
    pipe, end = subprocess.PIPE, time.monotonic() + seconds
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as process:
        try:
            streams = _read_both(process, end, most)
            process.wait(max(0.0, end - time.monotonic()))
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(list(argv), process.returncode, *streams)


def _read_both(process: subprocess.Popen[bytes], end: float, most: int) -> list[bytes]:
    streams = [bytearray(), bytearray()]
    with selectors.DefaultSelector() as open_ones:
        for stream, into in zip((process.stdout, process.stderr), streams, strict=True):
            if stream:
                open_ones.register(stream, selectors.EVENT_READ, into)
        while open_ones.get_map():
            ready = open_ones.select(max(0.0, end - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(process.args, 0.0)
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK)
                key.data.extend(data)
                if len(key.data) > most:
                    raise TooLong
                if not data:
                    open_ones.unregister(key.fileobj)
    return [bytes(each) for each in streams]
