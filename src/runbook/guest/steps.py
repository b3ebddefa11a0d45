"""The steps of a change that are made inside a guest: arm its undo, edit its files.

Only the planned edit is made: the plan has its digest.
"""

from __future__ import annotations

from datetime import datetime

from runbook.common.errors import StepFailed
from runbook.guest import undo
from runbook.guest.configure.guest_edit import GuestEdit
from runbook.guest.session import GuestSession
from runbook.guest.undo import InsideArmed, layout
from runbook.plan.changes.guest_steps import ApplyInside, ArmInside
from runbook.transport.host import Host

# The guest's own undo comes this much before the host's.
LEAD_S = 2
SHORTEST_S = 5


def arm(slot: GuestSession, step: ArmInside, host: Host, ends: tuple[str, datetime]) -> None:
    """Put the guest's own undo there and start its timer.

    `ends` are the id of the change and the host's deadline. Raises StepFailed where too little
    time is left, or where what is to be done is not what was planned.
    """
    change_id, until = ends
    edit = _edit(slot, step, host)
    # First: the time from here on counts against the guest's deadline.
    since = undo.uptime(slot.channel(host))
    remaining = int((until - slot.clock.now()).total_seconds()) - LEAD_S
    if remaining < SHORTEST_S:
        raise _too_late(host, step.guest)
    channel = slot.channel(host)
    # The undo may stand there although the answer is lost: it is to be looked for.
    slot.armed = may_stand(change_id, step.guest)
    slot.armed = undo.arm(channel, edit, change_id, remaining, since)


def apply(slot: GuestSession, step: ApplyInside, host: Host) -> None:
    """Edit the guest's files and bring them live; raises StepFailed."""
    _edit(slot, step, host)
    if slot.armed is None:
        raise _not_as_planned(host, step.guest, "it has no armed undo")
    channel = slot.channel(host)
    undo.apply(channel, slot.armed, clock=slot.clock, patience=step.budget_s)


def _edit(slot: GuestSession, step: ArmInside | ApplyInside, host: Host) -> GuestEdit:
    edit = slot.edit
    if edit is None or edit.digest != step.edit:
        raise _not_as_planned(host, step.guest, "what is to be done in it is not what was planned")
    return edit


def may_stand(change_id: str, guest: str) -> InsideArmed:
    """An undo that may be in the guest: what is needed to end it."""
    nothing = GuestEdit("", "", (), (), ())
    return InsideArmed(
        change_id, guest, nothing, 0, "", survives_reboot=False,
        directory=layout.directory(change_id), undo_script="",
    )  # fmt: skip


def _too_late(host: Host, guest: str) -> StepFailed:
    return StepFailed(
        f"too little time is left until the deadline to arm an undo in {guest}",
        host=host.name,
        state="half made, its undo armed",
        then="wait for the undo, which follows by itself; then give more time: deadline_s",
    )


def _not_as_planned(host: Host, guest: str, why: str) -> StepFailed:
    return StepFailed(
        f"nothing was done in {guest} by this step: {why}",
        host=host.name,
        state="half made, its undo armed",
        then="wait for the undo, which follows by itself; then run again from the start",
    )
