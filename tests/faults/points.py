"""Where a change can be hit: between any step's line in the journal and its deed, and after it.

Installed in the kernel of a real notebook. At each point the kernel tells the
test where it is, and goes on when it is told to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Client
from typing import Any

from runbook.apply import confirm
from runbook.apply.steps import journal
from runbook.apply.steps.journal import State
from runbook.run import pipeline
from runbook.transport.host import Host

ARMING, ARMED, VERIFY, CONFIRM = "arming", "armed", "verify", "confirm"
CONFIRMING, CONFIRMED, DISARM = "confirming", "link removed", "disarm"
# In the order in which a change comes to them; the steps stand between the second and the third.
AROUND = ((ARMING, ARMED), (VERIFY, CONFIRM, CONFIRMING, CONFIRMED, DISARM))
Reach = Callable[[str], None]


def begins(number: int) -> str:
    """In the journal, and not made yet."""
    return f"step {number} begins"


def made(number: int) -> str:
    """Made, and the journal does not say so yet."""
    return f"step {number} made"


def install(address: str) -> None:
    """Stop at every point, and ask the test that listens at `address`."""
    reach = _asking(address)
    journal.write = _around_writing(journal.write, reach)
    pipeline.arm = _then(_first(pipeline.arm, reach, ARMING), reach, ARMED)
    pipeline.verify = _first(pipeline.verify, reach, VERIFY)
    pipeline.confirm = _first(pipeline.confirm, reach, CONFIRM)
    confirm.disarm = _first(confirm.disarm, reach, DISARM)


def _asking(address: str) -> Reach:
    line = Client(address, "AF_UNIX")

    def reach(point: str) -> None:
        # Once the test has seen what it wanted it hangs up, and the change goes on freely.
        with suppress(OSError, EOFError):
            line.send((os.getpid(), point))
            line.recv()

    return reach


def _around_writing(write: Callable[..., None], reach: Reach) -> Callable[..., None]:
    def stopping(host: Host, path: str, now: datetime, event: str) -> None:
        if found := re.match(r"step (\d+) done", event):
            reach(made(int(found[1])))
        if event.startswith(State.CONFIRMED):
            reach(CONFIRMED)
        write(host, path, now, event)
        if event.startswith(State.CONFIRMING):
            reach(CONFIRMING)
        if found := re.match(r"step (\d+) begins", event):
            reach(begins(int(found[1])))

    return stopping


def _first(call: Callable[..., Any], reach: Reach, point: str) -> Callable[..., Any]:
    def stopping(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is given
        reach(point)
        return call(*given, **named)

    return stopping


def _then(call: Callable[..., Any], reach: Reach, point: str) -> Callable[..., Any]:
    def stopping(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is given
        result = call(*given, **named)
        reach(point)
        return result

    return stopping
