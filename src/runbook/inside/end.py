"""How a change in a guest ends: confirmed, or undone."""

from __future__ import annotations

from runbook.clock import Clock
from runbook.inside.start import InsideArmed
from runbook.transport.guest.channel import Channel


def confirm(channel: Channel, armed: InsideArmed) -> None:
    """Keep the change. Raises GateClosed if its undo has begun already."""
    raise NotImplementedError


def undo(channel: Channel, armed: InsideArmed, *, clock: Clock, patience: float = 180.0) -> None:
    """Have the guest put itself back, and wait for that.

    Done already, or never applied, is no error. Raises GoToTheConsole if it ends
    in part only or not in time, StepFailed if the change is confirmed.
    """
    raise NotImplementedError
