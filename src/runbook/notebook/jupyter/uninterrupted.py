"""What an interrupt must not break off: an undo, and the moment of a confirmation."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Do nothing at SIGINT, SIGTERM and SIGHUP meanwhile; what is done here has to have an end.

    Python runs handlers in the main thread, so no other thread is ever interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Not SIG_IGN: a child process would inherit it, and ssh could not be ended.
    before = {number: signal.signal(number, _wait) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _wait(number: int, frame: FrameType | None) -> None:
    del number, frame
