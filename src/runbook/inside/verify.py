"""What a guest says of its own network, held against what it was to have."""

from __future__ import annotations

from runbook.moves.inside import Wanted
from runbook.promise import Check
from runbook.transport.guest.channel import Channel


def verify(channel: Channel, wanted: Wanted) -> tuple[Check, ...]:
    """Address, default route, the router's answer to a ping, name resolution.

    The last is required only where the guest has a name server configured.
    """
    raise NotImplementedError
