"""Writes that are made only while a gate file is there, under a lock on the host.

An undo takes the lock, removes the gate, and from then on can be sure that no
request still on its way, however long it is delayed, alters the host again.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from typing import Any, Dict, Iterator

# No system call here answers this, so the client can tell it from a failure.
CLOSED = errno.ESHUTDOWN


@contextlib.contextmanager
def passed(header: Dict[str, Any]) -> Iterator[None]:
    """Hold the lock while the operation runs; OSError(CLOSED) if the gate is gone."""
    if "gate" not in header:
        yield
        return
    descriptor = os.open(header["lock"], os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not os.path.exists(header["gate"]):
            raise OSError(CLOSED, "the gate is closed", header["gate"])
        yield
    finally:
        os.close(descriptor)
