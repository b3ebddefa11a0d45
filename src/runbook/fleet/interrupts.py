"""Ctrl-C at a fleet run: first no further host begins, then those at work undo, then it leaves."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from runbook.fleet import messages
from runbook.fleet.ends import FleetEnd
from runbook.fleet.engine import Engine
from runbook.fleet.job import INTERRUPT

# Says of a host what is armed on it now.
Standing = Callable[[str], str]


@contextmanager
def interruptible(engine: Engine, standing: Standing) -> Iterator[None]:
    """Ctrl-C: no further host begins. Again: those at work undo their change. Again: leave."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    presses: list[int] = []

    def pressed(_number: int, _frame: FrameType | None) -> None:
        presses.append(1)
        steps = (stop, undo, leave)
        steps[min(len(presses), len(steps)) - 1](engine, standing)

    before = signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stop(engine: Engine, _standing: Standing) -> None:
    """No further host begins."""
    engine.stop.set()
    engine.tell(messages.first_interrupt(_at_work(engine)))


def undo(engine: Engine, standing: Standing) -> None:
    """The runs at work are told to undo, and each of their hosts is asked what is armed on it."""
    engine.stop.set()
    hosts = engine.ledger.read().open
    (engine.ledger.folder / INTERRUPT).touch()
    engine.tell(messages.second_interrupt(_at_work(engine)))
    for host in hosts:
        # Each in a thread: a host that does not answer holds up neither the others nor the run.
        asking = (lambda asked: engine.tell(standing(asked)), (host,))
        threading.Thread(target=asking[0], args=asking[1], daemon=True).start()


def leave(engine: Engine, _standing: Standing) -> None:
    """End at once; the runs end with this program, and the hosts' own timers undo the changes."""
    engine.tell(messages.third_interrupt(_at_work(engine), engine.ledger.folder.name))
    sys.stdout.flush()
    # Not `sys.exit`: that would wait for the threads that wait for the runs.
    os._exit(FleetEnd.UNKNOWN.exit_status)


def _at_work(engine: Engine) -> str:
    return ", ".join(engine.ledger.read().open) or "none"
