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
from runbook.fleet.context import FleetContext
from runbook.fleet.ends import FleetEnd
from runbook.fleet.engine import Engine
from runbook.fleet.job import INTERRUPT

# Says of a host what is armed on it now.
Standing = Callable[[str], str]


@contextmanager
def interruptible(engine: Engine, standing: Standing, desk: FleetContext) -> Iterator[None]:
    """Ctrl-C: no further host begins. Again: those at work undo their change. Again: leave.

    Who ends this program by a signal has those at work undo at once. The kernel of a notebook has
    its own way with such signals, and a third Ctrl-C is as the second.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    presses: list[int] = []
    steps = [*([stop] if desk.patient else []), undo, *([leave] if desk.leaves else [])]

    def pressed(_number: int, _frame: FrameType | None) -> None:
        presses.append(1)
        steps[min(len(presses), len(steps)) - 1](engine, standing)

    def ended(_number: int, _frame: FrameType | None) -> None:
        presses.extend([1, 1])
        undo(engine, standing)

    handlers = {signal.SIGINT: pressed}
    if desk.leaves:
        handlers |= {signal.SIGTERM: ended, signal.SIGHUP: ended}
    before = {number: signal.signal(number, heard) for number, heard in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
        threading.Thread(target=_say, args=(engine, standing, host), daemon=True).start()


def _say(engine: Engine, standing: Standing, host: str) -> None:
    engine.tell(standing(host))


def leave(engine: Engine, _standing: Standing) -> None:
    """End at once; the runs end with this program, and the hosts' own timers undo the changes."""
    engine.tell(messages.third_interrupt(_at_work(engine), engine.ledger.folder.name))
    sys.stdout.flush()
    # Not `sys.exit`: that would wait for the threads that wait for the runs.
    os._exit(FleetEnd.UNKNOWN.exit_status)


def _at_work(engine: Engine) -> str:
    return ", ".join(engine.ledger.read().open) or "none"
