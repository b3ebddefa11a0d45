"""The originals kept, the undo armed in the guest, then the edit made and brought live."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.common.clock import Clock
from runbook.common.errors import ChangeInProgress, StalePlan, StepFailed
from runbook.guest.configure.guest_edit import GuestEdit
from runbook.guest.undo import detached, layout
from runbook.guest.undo.progress import InsideProgress, InsideState
from runbook.guest.undo.script import ALREADY_ARMED, LATE, STALE, change_script, setup_script
from runbook.transport.guest.channel import Channel

_NOTHING = "nothing was changed in the guest"
_ARM_S = 60.0


@dataclass(frozen=True, slots=True)
class InsideArmed:
    """An edit whose undo stands in the guest, and will run `seconds` after it was armed.

    `timer` is 'systemd' or 'sleep'; `survives_reboot` says whether a reboot of the
    guest in the middle puts it back too. The originals are in `edit`, and in
    the guest below `directory`.
    """

    change_id: str
    guest: str
    edit: GuestEdit
    seconds: int
    timer: str
    survives_reboot: bool
    directory: str
    undo_script: str


def uptime(channel: Channel) -> int:
    """Whole seconds since the guest booted, by its own clock; StepFailed if it does not tell."""
    done = channel.run(("cat", "/proc/uptime"))
    whole = done.stdout.partition(b".")[0]
    if done.returncode != 0 or not whole.isdigit():
        raise _not_armed(channel.guest, done.returncode, b"/proc/uptime has no number")
    return int(whole)


def arm(channel: Channel, edit: GuestEdit, change_id: str, seconds: int, since: int) -> InsideArmed:
    """Keep the originals in the guest, put the undo beside them, start its timer.

    The timer ends `seconds` after the guest's uptime `since`, however long it takes to
    get the undo there: at a slow console that is minutes.

    Raises ChangeInProgress where another change is armed in the guest, StalePlan
    where a file is not as the edit was made for, StepFailed where its time ran out on
    the way; nothing is left then.
    """
    script = change_script(edit, change_id, channel.guest)
    setup = setup_script(edit, change_id, since + seconds, script)
    done = channel.run(
        ("sh",),
        stdin=setup.encode(),
        timeout=_ARM_S,
    )
    if done.returncode != 0:
        raise _not_armed(channel.guest, done.returncode, done.stderr)
    systemd = done.stdout.split() == [b"systemd"]
    return InsideArmed(
        change_id=change_id,
        guest=channel.guest,
        edit=edit,
        seconds=seconds,
        timer="systemd" if systemd else "sleep",
        survives_reboot=edit.survives_reboot(systemd=systemd),
        directory=layout.directory(change_id),
        undo_script=script,
    )


def apply(channel: Channel, armed: InsideArmed, *, clock: Clock, patience: float = 90.0) -> None:
    """Make the edit and bring it live, by a program of the guest's own that outlives the channel.

    Raises StepFailed if it ends badly or not within `patience` seconds: then undo.
    """
    detached.start(channel, armed.change_id, "apply")
    progress = detached.wait(channel, armed.change_id, _is_over, clock, patience)
    if progress.state is not InsideState.APPLIED:
        lines = " | ".join(progress.journal.strip().splitlines()[-6:])
        raise StepFailed(
            f"the change in guest {armed.guest} is {progress.state}, not made: {lines}",
            state=f"the guest undoes it by itself, {armed.seconds} s after it was armed",
            then="undo it, then see what the guest's network says to the new configuration",
        )


def _is_over(progress: InsideProgress) -> bool:
    return progress.state is not InsideState.ARMED


def _not_armed(guest: str, status: int, stderr: bytes) -> Exception:
    if status == ALREADY_ARMED:
        return ChangeInProgress(
            f"another change is in progress in guest {guest}",
            state=_NOTHING,
            then=f"undo or confirm it: it is {layout.ARMED} in the guest",
        )
    if status == STALE:
        return StalePlan(
            f"a file in guest {guest} has changed since it was read",
            state=_NOTHING,
            then="run again from the start",
        )
    if status == LATE:
        return StepFailed(
            f"too little time was left to arm an undo in guest {guest} when the script had arrived",
            state=_NOTHING,
            then="give more time: deadline_s",
        )
    return StepFailed(
        f"the undo could not be put into guest {guest}:"
        f" {stderr.decode(errors='replace').strip()[-300:] or f'exit status {status}'}",
        state=_NOTHING,
        then="fix what the guest names (is its disk full, or read-only?), then start again",
    )
