"""More time for an armed change, because a person asks for it: the host, and each of its guests."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineWish
from runbook.apply.checkpoint.manifest import Manifest
from runbook.run.session import ChangeSession


@dataclass(frozen=True, slots=True)
class ExtendedDeadline:
    """The change with its new deadline.

    `not_moved` has one line for each guest whose own deadline did not move. `moved` has the names
    of the guests whose deadline did.
    """

    armed: Armed
    not_moved: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """The new deadline in words, and which guests keep an earlier one."""
        waits = f"the host waits until {self.armed.deadline:%H:%M:%S} UTC"
        if not self.not_moved:
            return f"{waits}, and so does each guest" if self.moved else waits
        also = f", and so does {' and '.join(self.moved)}" if self.moved else ""
        return "; ".join((waits + also, *self.not_moved))


def extend(session: ChangeSession, armed: Armed, more_s: int) -> ExtendedDeadline:
    """The deadline that the host keeps, moved on by `more_s` seconds, and each guest's with it.

    Raises NotMoved, with everything as it was, where a guest cannot be moved or
    somebody is at work inside.
    """
    wish, now = _more(session, more_s), session.clock.now
    with closing(session.connect()) as fresh:
        host = fresh.guarded(armed.layout.lock, armed.layout.open)
        both = session.subject.postpone(armed, host, wish, now)
        return ExtendedDeadline(armed.until(both.host.after), both.not_moved, both.moved)


def _more(session: ChangeSession, more_s: int) -> DeadlineWish:
    def seconds(manifest: Manifest, at: datetime) -> int:
        return more_s + math.ceil(max((manifest.deadline - at).total_seconds(), 0.0))

    return DeadlineWish(seconds, f"{session.operator} asked for more time")
