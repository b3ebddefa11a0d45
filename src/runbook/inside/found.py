"""What stands in a guest of a change: read back by whoever comes later."""

from __future__ import annotations

from enum import StrEnum

from runbook.transport.guest.channel import Channel


class InsideState(StrEnum):
    """How far a change in a guest is."""

    UNKNOWN = "unknown"
    ARMED = "armed"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "undone in part"


def state(channel: Channel, change_id: str) -> InsideState:
    """How far the change is; UNKNOWN where the guest has nothing of it."""
    raise NotImplementedError
