"""Moves the deadline of the host, and with it the deadline of each guest's own undo.

Every guest is asked for its countdown first; if one does not answer, nothing is moved. A later
deadline is moved on the host first, then in each guest; an earlier one in the guests first. So
wherever this breaks off, the undo of a guest comes before the undo of the host, and each of them
has a running countdown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from runbook.apply.checkpoint import deadline
from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineMove, DeadlineWish, Now
from runbook.apply.checkpoint.manifest import Manifest
from runbook.apply.phases import EACH_S
from runbook.apply.steps import journal
from runbook.common.errors import RunbookError, StepFailed
from runbook.guest import undo
from runbook.guest.session import GuestSession
from runbook.guest.steps import LEAD_S
from runbook.guest.undo import Ticking
from runbook.transport.host import Host


class NotMoved(StepFailed):
    """The deadline of the host, or of one guest, was not moved."""


@dataclass(frozen=True, slots=True)
class MovedDeadlines:
    """The host's deadline, and by guest '' if its deadline moved too, else why not."""

    host: DeadlineMove
    guests: Mapping[str, str] = field(default_factory=dict)

    @property
    def not_moved(self) -> tuple[str, ...]:
        """One line for each guest whose deadline did not move."""
        return tuple(line for line in self.guests.values() if line)

    @property
    def moved(self) -> tuple[str, ...]:
        """The names of the guests whose deadline moved."""
        return tuple(name for name, line in self.guests.items() if not line)


@dataclass(frozen=True, slots=True)
class _Countdown:
    """The countdown in one guest, and the time by this machine's clock at which it was read."""

    slot: GuestSession
    change_id: str
    ticking: Ticking
    at: datetime

    def comes(self) -> datetime:
        """When its undo comes."""
        return self.at + timedelta(seconds=self.ticking.moment - self.ticking.now)

    def move(self, host: Host, until: datetime) -> None:
        """Have it come shortly before the host's deadline."""
        remaining = math.floor((until - self.at).total_seconds()) - LEAD_S
        moment = self.ticking.now + remaining
        self.slot.again(host, lambda c: undo.move(c, self.change_id, moment))


def move(
    slots: Iterable[GuestSession], armed: Armed, host: Host, wish: DeadlineWish, now: Now
) -> MovedDeadlines:
    """Move the deadline of the host and of each guest, if the wish changes it.

    Raises NotMoved, with nothing moved, if a guest does not say when its undo comes.
    """
    manifest, at = deadline.standing(host, armed.layout), now()
    seconds = wish.seconds(manifest, at)
    if seconds is None:
        return MovedDeadlines(DeadlineMove(manifest, manifest))
    sooner = at + timedelta(seconds=seconds) < manifest.deadline
    try:
        countdowns = tuple(
            countdown for slot in slots for countdown in _ask(slot, armed, host, now)
        )
    except NotMoved as error:
        if not sooner:
            raise
        # Nobody needs an earlier one.
        journal.write(host, armed.layout.journal, now(), error.what)
        return MovedDeadlines(DeadlineMove(manifest, manifest))
    if sooner:
        return _sooner(countdowns, armed, host, wish, now)
    moved = deadline.move(armed.layout, host, wish, now)
    return MovedDeadlines(moved, _follow(countdowns, armed, host, moved.after, now))


def _sooner(
    countdowns: tuple[_Countdown, ...], armed: Armed, host: Host, wish: DeadlineWish, now: Now
) -> MovedDeadlines:
    """An earlier deadline: the guests first, the host after each of them has moved."""
    manifest, at = deadline.standing(host, armed.layout), now()
    seconds = wish.seconds(manifest, at)
    until = at + timedelta(seconds=(seconds or 0) + EACH_S * len(countdowns))
    if seconds is None or until >= manifest.deadline:
        return MovedDeadlines(DeadlineMove(manifest, manifest))
    target = replace(manifest, deadline=until)
    guests = _follow(countdowns, armed, host, target, now)
    if any(guests.values()):
        return MovedDeadlines(DeadlineMove(manifest, manifest), guests)
    moved = deadline.move(armed.layout, host, DeadlineWish(_then(target), wish.why), now)
    # Another program may have moved the host meanwhile.
    return MovedDeadlines(
        moved, guests if moved.changed else _follow(countdowns, armed, host, moved.after, now)
    )


def _then(target: Manifest) -> Callable[[Manifest, datetime], int | None]:
    """The seconds until that moment, if nobody else has moved the deadline."""

    def seconds(manifest: Manifest, at: datetime) -> int | None:
        remaining = math.ceil((target.deadline - at).total_seconds())
        return remaining if manifest.timer == target.timer else None

    return seconds


def _ask(slot: GuestSession, armed: Armed, host: Host, now: Now) -> Iterator[_Countdown]:
    try:
        ticking = slot.again(host, lambda c: undo.ticking(c, armed.change_id))
    except RunbookError as error:
        raise not_moved(host, error.what, "continue, or undo the change") from error
    if ticking:
        yield _Countdown(slot, armed.change_id, ticking, now())


def _follow(
    countdowns: tuple[_Countdown, ...], armed: Armed, host: Host, stands: Manifest, now: Now
) -> Mapping[str, str]:
    """Move each guest to the host's deadline; the journal names each guest that did not move."""
    problems = {
        countdown.slot.guest.name: _not_moved(countdown, host, stands.deadline)
        for countdown in countdowns
    }
    not_moved = "; ".join(filter(None, problems.values()))
    if not_moved:
        journal.write(host, armed.layout.journal, now(), f"of the guests: {not_moved}")
    return problems


def _not_moved(countdown: _Countdown, host: Host, until: datetime) -> str:
    """Move one guest; '' if that was done, else when its undo comes, and why."""
    try:
        countdown.move(host, until)
    except RunbookError as error:
        name, comes = countdown.slot.guest.name, f"{countdown.comes():%H:%M:%S} UTC"
        return f"{name} puts itself back at {comes} unless confirmed before that: {error.what}"
    return ""


def not_moved(host: Host, why: str, then: str) -> NotMoved:
    """The error for a deadline that stays as it is."""
    return NotMoved(
        f"the deadline was not moved: {why}",
        host=host.name,
        state="armed, with the deadline that it had",
        then=then,
    )
