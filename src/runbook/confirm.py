"""Verified -> Confirmed: over a new connection, and in one atomic operation.

Removing the link ``armed`` is the confirmation. What follows only tidies up:
without the link, the timer and the boot units find nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runbook import journal
from runbook.checkpoint import layout, timer
from runbook.checkpoint.arm import Armed
from runbook.transport.host import Host
from runbook.verify import Verdict


@dataclass(frozen=True, slots=True)
class Verified:
    """A change whose promise was seen to be kept."""

    armed: Armed
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A change that stays."""

    verified: Verified
    at: datetime


def confirm(verified: Verified, fresh: Host, now: datetime) -> Confirmed:
    """Confirm over `fresh`, a connection opened after the cutover.

    Raises GateClosed if the undo has begun: then the change does not stay.
    """
    armed = verified.armed
    guarded = fresh.guarded(armed.layout.lock, armed.layout.open)
    guarded.remove_file(layout.ARMED)
    journal.write(fresh, armed.layout.journal, now, "confirmed: the change stays")
    disarm(armed, fresh)
    return Confirmed(verified, now)


def disarm(armed: Armed, host: Host) -> None:
    """Take away what watched over the change; the directory stays as its history."""
    host.remove_file(layout.ARMED)
    host.execute(timer.stop_timers(armed.layout).argv)
    for unit in layout.UNIT_TEXTS:
        host.remove_file(layout.wants_path(unit))
        host.remove_file(layout.unit_path(unit))
    host.remove_file(armed.layout.open)
    host.remove_file(armed.layout.ballast)
