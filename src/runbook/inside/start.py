"""The originals kept, the undo armed in the guest, then the edit made and brought live."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.clock import Clock
from runbook.moves.inside import GuestEdit
from runbook.transport.guest.channel import Channel


@dataclass(frozen=True, slots=True)
class InsideArmed:
    """An edit whose undo stands in the guest, and will run `seconds` after it was armed.

    `timer` is 'systemd' or 'sleep'; `survives_reboot` says whether a reboot of the
    guest in the middle puts the files back too. The originals are in `edit`.
    """

    change_id: str
    guest: str
    edit: GuestEdit
    seconds: int
    timer: str
    survives_reboot: bool
    directory: str
    undo_script: str


def arm(channel: Channel, edit: GuestEdit, change_id: str, seconds: int) -> InsideArmed:
    """Keep the originals in the guest, put the undo beside them, start its timer.

    Raises ChangeInProgress where another change is armed in the guest, StalePlan
    where a file is not as the edit was made for; nothing is left then.
    """
    raise NotImplementedError


def apply(channel: Channel, armed: InsideArmed, *, clock: Clock, patience: float = 90.0) -> None:
    """Make the edit and bring it live, by a program of the guest's own that outlives the channel.

    Raises StepFailed if it ends badly or not within `patience` seconds: then undo.
    """
    raise NotImplementedError
