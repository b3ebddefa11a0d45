"""What a signal must not break off: arming, an undo, the moment of a confirmation."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class HeldBack:
    """The first signal that came meanwhile; `number` is 0 if none did."""

    number: int = 0

    @property
    def name(self) -> str:
        """Its name; '' if none came."""
        return signal.Signals(self.number).name if self.number else ""

    def deliver(self) -> None:
        """Have it do now what it does at any other time."""
        if self.number:
            signal.raise_signal(self.number)


@contextmanager
def uninterrupted() -> Iterator[HeldBack]:
    """Hold back SIGINT, SIGTERM and SIGHUP meanwhile; what is done here has to have an end.

    Python runs handlers in the main thread, so no other thread is ever interrupted.
    """
    held = HeldBack()
    if threading.current_thread() is not threading.main_thread():
        yield held
        return

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        held.number = held.number or number

    # Not SIG_IGN: a child process would inherit it, and ssh could not be ended.
    before = {number: signal.signal(number, hold) for number in SIGNALS}
    try:
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
