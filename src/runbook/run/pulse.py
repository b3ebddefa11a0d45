"""The host asked again and again while it is changed, beside the connection that changes it.

If that connection breaks, it is asked over new ones. Each question is small and says something:
until when the change is armed, and what was decided. How long each answer took is kept; the longest
is what the operator's own connection felt of the cutover.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from runbook.apply.checkpoint import poll
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.poll import PollAnswer
from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.transport.host import Connection

EVERY_S = 0.1
# Between two attempts to connect again: the undo needs new connections too, and a host may let
# in only so many.
AGAIN_S = (0.5, 5.0, 30.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """When it was asked, in seconds since the first; the round trip in ms, None if it was lost."""

    at_s: float
    rtt_ms: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened meanwhile."""

    at_s: float
    what: str


@dataclass(slots=True)
class Pulse:
    """Asks until it is told to stop, or the change is over; `answers` grow meanwhile."""

    place: Layout
    beside: Callable[[], Connection] | None
    connect: Callable[[], Connection]
    clock: Clock
    signs: PollAnswer | None = None
    answers: list[Answer] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    failed: str = ""
    _began: float = 0.0
    _heard_at: float = 0.0
    _host: Connection | None = None

    def start(self) -> threading.Thread:
        """Begin, in a thread of its own that keeps no program from ending."""
        thread = threading.Thread(target=self.run, daemon=True, name="runbook-pulse")
        thread.start()
        return thread

    def run(self) -> None:
        """Ask until it is over; what ends it otherwise is kept in `failed`."""
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - nobody else hears of it in a thread
            self.failed = f"{type(error).__name__}: {error}"
        self._drop()

    @property
    def silent_s(self) -> float:
        """Seconds since the host was last heard; since the first question where it never was."""
        return self.clock.monotonic() - (self._heard_at or self._began or self.clock.monotonic())

    def _run(self) -> None:
        lost = 0
        while not self.over.is_set():
            remaining_s = self.clock.monotonic()
            found = self._ask(remaining_s)
            if found and found.over:
                self.over.set()
            left = EVERY_S - (self.clock.monotonic() - remaining_s)
            lost = 0 if found else lost + 1
            self.over.wait(AGAIN_S[min(lost, len(AGAIN_S)) - 1] if lost else max(left, 0.0))

    def event(self, action: str) -> None:
        """Something happens now."""
        self.events.append(Event(self.clock.monotonic() - self._began, action))

    def _ask(self, remaining_s: float) -> PollAnswer | None:
        try:
            if self._host is None:
                self._host = self._connected()
                # What connecting took is no round trip.
                remaining_s = self.clock.monotonic()
            self._began = self._began or remaining_s
            self.signs = poll.read(self._host, self.place)
        except RunbookError:
            self._began = self._began or remaining_s
            self.answers.append(Answer(remaining_s - self._began, None))
            self._drop()
            return None
        took = (self.clock.monotonic() - remaining_s) * 1000
        self._heard_at = self.clock.monotonic()
        self.heard.set()
        self.answers.append(Answer(remaining_s - self._began, took))
        return self.signs

    def _connected(self) -> Connection:
        """Beside the connection of the change, but once: it may have broken."""
        beside, self.beside = self.beside, None
        return (beside or self.connect)()

    def _drop(self) -> None:
        host, self._host = self._host, None
        with suppress(RunbookError):
            if host:
                host.close()
