"""Work that follows what a person types: in the background, a moment after the last change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from runbook.common.clock import Clock
from runbook.notebook.live.background import in_background

# A person types faster than a plan is drawn.
PAUSE_S = 0.4


@dataclass(slots=True)
class AfterTyping:
    """Does `work` after each change, until it is over."""

    work: Callable[[], None]
    clock: Clock
    over: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _changed: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Do it now, and in the background after each change."""
        self._now()
        in_background(self._wait, "runbook-typing")

    def again(self) -> None:
        """Something was changed."""
        self._changed.set()

    def end(self) -> None:
        """Nothing follows any more."""
        self.over = True
        self._changed.set()

    def _wait(self) -> None:
        while self._changed.wait():
            if self.over:
                return
            self.clock.sleep(PAUSE_S)
            self._changed.clear()
            self._now()

    def _now(self) -> None:
        with self._turn:
            self.work()
