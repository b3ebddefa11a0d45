"""Shows a change while it is made: the countdown, and the time of each answer of the host.

Without a person at the notebook the answers are recorded all the same, and shown when the change
is over. With a person there, it also notices that the host undid the change: the deadline passed,
or somebody else undid it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from runbook import views
from runbook.apply.steps.journal import State
from runbook.common.errors import RolledBack
from runbook.common.serial import dumps
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.live.background import in_background
from runbook.notebook.shared.undoing import undo
from runbook.notebook.shared.values import ChangeUnderway
from runbook.run.pulse import Pulse
from runbook.run.record import OUTCOME
from runbook.views import Moment, Picture, Slot

TICK_S = 1.0
# Longer than a busy host takes to answer.
SILENT_S = 4.0
OVER = "the change is over"
# Until the first answer: the cutover is not to come before it.
FIRST_S = 5.0
CUTOVER = "cutover"
LIVE = "Time of each answer of the host; runbook asks every 0.1 s"
BACK = (State.UNDONE, State.INCOMPLETE)
SILENT = "the deadline has passed: the host undoes the change, and has not answered since"
LATE = "the deadline has passed; the host answers, and its undo has not begun yet"


class UndoneByTheHost(RolledBack):
    """The host undid the change: it was not confirmed in time, or somebody else undid it."""


class Beside(Protocol):
    """The panel that shows the countdown."""

    def place(self) -> None:
        """Show it in the cell that is at work."""

    def draw(self, clock: Picture) -> None:
        """Show this countdown in it."""


@dataclass(slots=True)
class Watch:
    """Draws a pulse; `live` if a person looks at it."""

    change: ChangeUnderway
    pulse: Pulse
    live: bool
    lines: list[Slot] = field(default_factory=list)
    aftermath: Slot = field(default_factory=Slot)
    beside: list[Beside] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    placed: bool = False

    def place(self, phase: str = "") -> None:
        """Show the panel in the cell that arms; there and in the cutover the line of answers."""
        first, self.placed = not self.placed, True
        shown: list[Beside | Slot] = [*self.beside] if not phase else []
        if first or (self.live and phase == CUTOVER):
            self.lines.append(Slot())
            shown.append(self.lines[-1])
        for one in (*shown, *((self.aftermath,) if first else ())):
            one.place()
        self._draw()

    def moment(self, action: str) -> None:
        """Something happens now."""
        self.pulse.event(action)

    def end(self) -> None:
        """The change is over: write the answers into the record, and draw them a last time."""
        if self.ended.is_set():
            return
        self.ended.set()
        self.pulse.over.set()
        run = self.change.before.run
        run.folder.again("pulse.json", dumps((*self.pulse.answers, *self.pulse.events)) + "\n")
        self._draw()

    def leave(self) -> None:
        """Somebody else looks on from here, and keeps what is seen."""
        self.ended.set()
        self.pulse.over.set()

    def tick(self) -> None:
        """Draw each second until the change is over; then see whether the host undid it."""
        while not self.pulse.over.wait(TICK_S):
            self._draw()
        found = self.pulse.signs
        if not self.ended.is_set() and found and found.state in BACK:
            self._came_back(found.log.decisions()[-1].by)

    def _came_back(self, by: str) -> None:
        run = self.change.before.run
        with run.folder.alone():
            if run.folder.has(OUTCOME) or self.ended.is_set():
                return
            why = self.change.hand.why or WHYS.get(by, f"somebody undid it ({by})")
            self.change.hand.why = why
            error = UndoneByTheHost(
                f"the host undid the change: {why}",
                host=run.host,
                state="will be compared with the state before",
                then="run again from the start, once you know why",
            )
            undo(self.change, error, self.aftermath)

    def _draw(self) -> None:
        shown = self.change.underway.armed.deadline
        deadline = self.pulse.signs.deadline if self.pulse.signs else None
        until = deadline or shown
        age = self._age(until)
        shown_now = (self._countdown(until), views.pulse_now(self.pulse.answers))
        clock = views.stack((*shown_now, *((age,) if age else ())))
        for one in self.beside:
            one.draw(clock)
        for line in self.lines:
            line.draw(self._line())

    def _countdown(self, deadline: datetime) -> Picture:
        now = self.change.before.run.session.clock.now()
        remaining_s = (deadline - now).total_seconds()
        return views.countdown(remaining_s, deadline, self._said(remaining_s))

    def _said(self, left: float) -> str:
        """The words in place of the countdown; '' while the countdown runs."""
        if self.change.hand.confirmed:
            return ENDS[State.CONFIRMED]
        state = self.pulse.signs.state if self.pulse.signs else None
        if self.ended.is_set() or state in ENDS:
            return ENDS.get(state, OVER) if state else OVER
        if self.pulse.failed:
            return (
                f"runbook stopped asking the host ({self.pulse.failed}); the host's timer runs on"
            )
        if left <= 0:
            return LATE if self.pulse.silent_s < SILENT_S else SILENT
        return ""

    def _age(self, deadline: datetime) -> Picture | None:
        """A warning that the countdown is not confirmed by the host, if the host is silent."""
        silent = self.pulse.silent_s
        if self.ended.is_set() or silent < SILENT_S:
            return None
        due = f"unless confirmed it undoes the change at {deadline:%H:%M:%S} UTC, by its own timer"
        return views.note(f"the host has not answered for {silent:.0f} s; {due}", "bad")

    def _line(self) -> Picture:
        moments = [Moment(e.at_s, e.what, matters=e.what == CUTOVER) for e in self.pulse.events]
        return views.pulse(self.pulse.answers, moments, LIVE)


ENDS = {
    State.UNDOING: "the host is undoing the change",
    State.UNDONE: "the host has undone the change",
    State.INCOMPLETE: "the undo ended, and could not put everything back",
    State.CONFIRMED: "confirmed: the change stays; the cells below finish the record",
    State.STOOD_DOWN: "the change was given up before its first step",
}
WHYS = {
    "deadline": "the deadline passed, and nobody had confirmed it",
    "console": "somebody undid it at the console",
    "operator": "an operator's program undid it",
    "libvirt": "libvirt answers again, and took back the rest",
    "announce": "the host rebooted before the change was confirmed",
}


def watch(change: ChangeUnderway) -> Watch:
    """Begin to watch the change; the watch ends with it."""
    session = change.before.run.session
    pulse = Pulse(change.underway.armed.layout, session.host.beside, session.connect, session.clock)
    made = Watch(change, pulse, somebody_there())
    pulse.start()
    pulse.heard.wait(FIRST_S)
    if made.live:
        in_background(made.tick, "runbook-watch")
    return made
