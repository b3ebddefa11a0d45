"""How a change in a guest ends: confirmed, or undone."""

from __future__ import annotations

from runbook.common.clock import Clock
from runbook.common.errors import GateClosed, GoToTheConsole, StepFailed
from runbook.guest.undo import detached
from runbook.guest.undo.progress import InsideProgress, InsideState, read_progress
from runbook.guest.undo.start import InsideArmed
from runbook.transport.guest.channel import Channel

_UNDOING = 3


def confirm(channel: Channel, armed: InsideArmed) -> None:
    """Keep the change. Raises GateClosed if its undo has begun already."""
    done = channel.run(("sh", f"{armed.directory}/undo", "confirm"))
    if done.returncode == _UNDOING:
        raise GateClosed(
            f"the undo of this change has begun in guest {armed.guest}: it was not confirmed",
            state="being put back as before by its undo",
            then="wait for it to end, then look at the guest",
        )
    if done.returncode != 0:
        raise StepFailed(
            f"guest {armed.guest} could not confirm the change:"
            f" {done.stderr.decode(errors='replace').strip()}",
            state="not confirmed: the guest undoes it by itself at its deadline",
            then="confirm it again, or undo it",
        )


def undo(
    channel: Channel,
    armed: InsideArmed,
    *,
    clock: Clock,
    patience: float = 180.0,
    confirmed_too: bool = False,
) -> InsideState:
    """Have the guest put itself back, and wait for that; UNDONE, or UNKNOWN if it has nothing.

    Done already, or never applied, is no error. Raises GoToTheConsole if it ends
    in part only or not in time, StepFailed if the change is confirmed, unless
    `confirmed_too`: for a guest whose host has not kept its own part.
    """
    before = read_progress(channel, armed.change_id)
    if before.state in {InsideState.UNDONE, InsideState.UNKNOWN}:
        return before.state
    confirmed = before.state is InsideState.CONFIRMED
    if confirmed and not confirmed_too:
        raise StepFailed(
            f"the change in guest {armed.guest} is confirmed: it is not undone any more",
            state="as changed",
            then=f"to put it back all the same, run `sh {armed.directory}/undo` in the guest",
        )
    # Only an undo by a person is stronger than a confirmation.
    detached.start(channel, armed.change_id, "console" if confirmed else "operator")
    progress = detached.wait(channel, armed.change_id, _is_over, clock, patience)
    if progress.state is not InsideState.UNDONE:
        lines = " | ".join(progress.journal.strip().splitlines()[-6:])
        raise GoToTheConsole(
            f"guest {armed.guest} is {progress.state}: {lines}",
            state="its network is not known to be as before",
            then=f"at the guest's console: `sh {armed.directory}/undo`, then look at its network",
        )
    return progress.state


def once_more(channel: Channel, armed: InsideArmed) -> None:
    """Have a guest that is undone bring its network up anew, and do not wait for that.

    One that was restarted before its host moved the NIC back has a lease of the wrong network.
    Raises StepFailed if it cannot even be started.
    """
    detached.start(channel, armed.change_id, "console")


def _is_over(progress: InsideProgress) -> bool:
    return progress.state in {InsideState.UNDONE, InsideState.FAILED}
