"""Verified -> Confirmed: over a new connection, and in one atomic operation.

Removing the link ``armed`` is the confirmation. What follows only tidies up:
without the link, the timer and the boot units find nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runbook.apply.checkpoint import armed_change, layout, timer
from runbook.apply.checkpoint.arm import Armed, forget_boot
from runbook.apply.steps import journal
from runbook.apply.steps.commands import run
from runbook.apply.steps.journal import State
from runbook.apply.verify import Verdict
from runbook.plan.changes.steps import Command
from runbook.transport.host import Host

# The file system that /etc is on, and no other: a disk of guests may have much to write.
SYNC = Command(("sync", "--file-system", "/etc"), budget_s=20.0)


@dataclass(frozen=True, slots=True)
class Verified:
    """A change whose verification passed."""

    armed: Armed
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A change that stays."""

    verified: Verified
    at: datetime


def confirm(verified: Verified, fresh: Host, now: datetime, by: str) -> Confirmed:
    """Confirm over `fresh`, a connection opened after the cutover.

    Raises GateClosed if the undo has begun: then the change does not stay.
    """
    armed = verified.armed
    guarded = fresh.guarded(armed.layout.lock, armed.layout.open)
    # A power cut must not take away what libvirt wrote and the kernel has not yet put on the disk.
    run(SYNC, guarded)
    journal.write(guarded, armed.layout.journal, now, f"{State.CONFIRMING}, by {by}")
    guarded.remove_file(layout.ARMED)
    # Room for the last line, should the disk be full.
    fresh.remove_file(armed.layout.ballast)
    journal.write(fresh, armed.layout.journal, now, f"{State.CONFIRMED}: the change stays")
    disarm(armed, fresh)
    return Confirmed(verified, now)


def confirmed_already(armed: Armed, fresh: Host) -> bool:
    """Whether the change stays, the answer to its confirmation having been lost."""
    if armed_change.holder(fresh) == armed.change_id:
        return False
    last = journal.read(fresh, armed.layout.journal).last
    return last is not None and last.state in (State.CONFIRMING, State.CONFIRMED)


def disarm(armed: Armed, host: Host) -> None:
    """Take away what watched over a confirmed change; the directory stays as its history.

    The timers go last: if this program dies in between, the next of them takes the rest away.
    """
    if not host.glob(layout.ARMED):
        forget_boot(host)
    host.remove_file(armed.layout.open)
    host.remove_file(armed.layout.ballast)
    host.execute(timer.stop_timers(armed.layout).argv)
