"""Many hosts, asked at the same time; the others do not wait for one that does not answer.

Each question runs in a thread of its own. A thread without an answer in time is abandoned: its
connection ends by itself, and it writes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Generic, TypeVar

from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.params import KnownHost
from runbook.run.standing import HostStatus, open_host_session, read_standing

# So many at once, or the ssh processes would be in each other's way.
AT_ONCE = 16
T = TypeVar("T")
H = TypeVar("H", bound=KnownHost)


@dataclass(frozen=True, slots=True)
class HostAnswer(Generic[T]):
    """What a host said, or why it said nothing."""

    host: str
    value: T | None
    why: str = ""


def standings(
    hosts: Sequence[KnownHost], clock: Clock, patience_s: float
) -> Iterator[HostAnswer[HostStatus]]:
    """The standing of each host, in the order of their answers; each has `patience_s` seconds."""

    def look(host: KnownHost) -> HostStatus:
        session = open_host_session(host, clock)
        with closing(session.host):
            return read_standing(session)

    return ask(hosts, look, clock, patience_s)


def ask(
    hosts: Sequence[H], question: Callable[[H], T], clock: Clock, patience_s: float
) -> Iterator[HostAnswer[T]]:
    """Put a question to each host, AT_ONCE at a time; every host comes back exactly once."""
    waiting, answers = list(hosts), Queue[HostAnswer[T]]()
    while waiting:
        asked, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        for params in asked:
            arguments = (params, question, answers)
            threading.Thread(target=_ask, args=arguments, daemon=True).start()
        yield from _collected({p.host for p in asked}, answers, clock, patience_s)


def _ask(params: H, question: Callable[[H], T], answers: Queue[HostAnswer[T]]) -> None:
    try:
        answers.put(HostAnswer(params.host, question(params)))
    except RunbookError as error:
        answers.put(HostAnswer(params.host, None, error.what))
    except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell
        answers.put(HostAnswer(params.host, None, f"{type(error).__name__}: {error}"))


def _collected(
    missing: set[str], answers: Queue[HostAnswer[T]], clock: Clock, patience_s: float
) -> Iterator[HostAnswer[T]]:
    end = clock.monotonic() + patience_s
    while missing and (left := end - clock.monotonic()) > 0:
        try:
            answer = answers.get(timeout=left)
        except Empty:
            break
        # Of an earlier lot, one may still answer that was told to have not.
        if answer.host in missing:
            missing.remove(answer.host)
            yield answer
    for host in sorted(missing):
        yield HostAnswer(host, None, f"no answer within {patience_s:.0f} s")
