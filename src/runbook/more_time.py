"""More time for an armed change: the host's deadline, and that of each guest's own undo.

Every guest is asked first, and one that cannot be moved leaves all as it is. Then the
host is moved, then guest by guest: so whatever breaks off in between, no undo of the
host comes before that of a guest, and each of them has a countdown at every moment.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from runbook import inside, journal
from runbook.checkpoint.arm import Armed, extend, standing_manifest
from runbook.entered import Entered
from runbook.errors import RunbookError, StepFailed
from runbook.inside import Ticking
from runbook.run import Session
from runbook.steps_inside import LEAD_S
from runbook.transport.host import Host
from runbook.within import Within

# A step inside a guest is waited for this long; a longer one is not.
TURN_S = 20.0


class NotMoved(StepFailed):
    """The deadline, or that of one guest, stays as it is."""


@dataclass(frozen=True, slots=True)
class Longer:
    """The change with its new deadline.

    `left` tells, a line each, of guests whose own undo comes as it was to; `moved` are the
    names of those whose undo comes later as well.
    """

    armed: Armed
    left: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """Until when is waited, and by whom; of a guest in which nothing is armed, nothing."""
        waits = f"the host waits until {self.armed.deadline:%H:%M:%S} UTC"
        if not self.left:
            return f"{waits}, and so does each guest" if self.moved else waits
        also = f", and so does {' and '.join(self.moved)}" if self.moved else ""
        return "; ".join((waits + also, *self.left))


@dataclass(frozen=True, slots=True)
class _Countdown:
    """One guest's own: as it told it, and when, by this machine's clock, at the latest."""

    slot: Entered
    change_id: str
    told: Ticking
    at: datetime

    def comes(self) -> datetime:
        """When its undo comes."""
        return self.at + timedelta(seconds=self.told.moment - self.told.now)

    def move(self, host: Host, deadline: datetime) -> None:
        """Have it come shortly before the host's deadline."""
        left = math.floor((deadline - self.at).total_seconds()) - LEAD_S
        moment = self.told.now + left
        self.slot.again(host, lambda c: inside.move(c, self.change_id, moment))


def more_time(session: Session, armed: Armed, more_s: int) -> Longer:
    """The deadline that the host keeps, moved on by `more_s` seconds, and each guest's with it.

    Raises NotMoved, with everything as it was, where a guest cannot be moved or
    somebody is at work inside.
    """
    with closing(session.connect()) as fresh:
        if session.within is None:
            return Longer(_extended(session, armed, fresh, more_s))
        try:
            with session.within.turn(TURN_S):
                return _with_guests(session, session.within, armed, fresh, more_s)
        except BlockingIOError as error:
            raise _not_moved(
                session,
                "a step is at work inside a guest, whose console takes one at a time",
                "press it again once the step is done",
            ) from error


def _extended(session: Session, armed: Armed, fresh: Host, more_s: int) -> Armed:
    place, now = armed.layout, session.clock.now()
    left = (standing_manifest(fresh, place).deadline - now).total_seconds()
    seconds = more_s + math.ceil(max(left, 0.0))
    why = f"{session.operator} asked for more time"
    return extend(armed, fresh.guarded(place.lock, place.open), seconds, now, why)


def _with_guests(
    session: Session, within: Within, armed: Armed, fresh: Host, more_s: int
) -> Longer:
    asked = [_ask(session, slot, armed, fresh) for slot in within.armed()]
    later = _extended(session, armed, fresh, more_s)
    within.moved(later.deadline)
    ticking = [one for one in asked if one is not None]
    why = {one.slot.guest.name: _left(one, fresh, later.deadline) for one in ticking}
    left = tuple(line for line in why.values() if line)
    if left:
        now = session.clock.now()
        said = f"of the guests: {'; '.join(left)}"
        journal.write(fresh, armed.layout.journal, now, said)
    return Longer(later, left, tuple(name for name, line in why.items() if not line))


def _ask(session: Session, slot: Entered, armed: Armed, fresh: Host) -> _Countdown | None:
    try:
        told = slot.again(fresh, lambda c: inside.ticking(c, armed.change_id))
    except RunbookError as error:
        raise _not_moved(session, error.what, "go on, or undo now") from error
    return _Countdown(slot, armed.change_id, told, session.clock.now()) if told else None


def _left(one: _Countdown, fresh: Host, deadline: datetime) -> str:
    """Move it; '' where that was done, else when its undo comes, and why."""
    try:
        one.move(fresh, deadline)
    except RunbookError as error:
        name, comes = one.slot.guest.name, f"{one.comes():%H:%M:%S} UTC"
        return f"{name} puts itself back at {comes} unless confirmed before that: {error.what}"
    return ""


def _not_moved(session: Session, why: str, then: str) -> NotMoved:
    return NotMoved(
        f"the deadline was not moved: {why}",
        host=session.params.host,
        state="armed, with the deadline that it had",
        then=then,
    )
