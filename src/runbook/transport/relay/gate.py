"""Writes that are made only while a gate is open, under a lock shared with the undo."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from typing import Iterator

_PATIENCE_S = 30.0
_TURN_S = 0.02


class GateShut(Exception):
    """The gate is gone: what was asked is not done any more."""


@contextlib.contextmanager
def passed(lock: str, gate: str) -> Iterator[None]:
    """Hold an exclusive flock of `lock` while the file `gate` is there."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, lock)
        if not os.path.lexists(gate):
            raise GateShut("%s is gone" % gate)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, lock: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OSError(errno.EWOULDBLOCK, "the lock is held by another", lock) from None
            time.sleep(_TURN_S)
        else:
            return
