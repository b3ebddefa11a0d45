"""Ctrl-C at a fleet run: first no further host begins, then those at work undo, then it leaves."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from runbook.fleet import messages
from runbook.fleet.ends import FleetEnd
from runbook.fleet.engine import Engine, Tell
from runbook.fleet.job import INTERRUPT


@contextmanager
def interruptible(engine: Engine, tell: Tell) -> Iterator[None]:
    """Ctrl-C: no further host begins. Again: those at work undo their change. Again: leave."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    presses: list[int] = []

    def pressed(_number: int, _frame: FrameType | None) -> None:
        presses.append(1)
        engine.stop.set()
        at_work = ", ".join(engine.ledger.read().open) or "none"
        if len(presses) == 1:
            tell(messages.first_interrupt(at_work))
        elif len(presses) == 2:  # noqa: PLR2004 - the second press
            (engine.ledger.folder / INTERRUPT).touch()
            tell(messages.second_interrupt(at_work))
        else:
            tell(messages.third_interrupt(at_work, engine.ledger.folder.name))
            sys.exit(FleetEnd.UNKNOWN.exit_status)

    before = signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
