"""A guest from the inside: through its agent, or at its serial console."""

from __future__ import annotations

from runbook.transport.guest.channel import AGENT, CONSOLE, Channel
from runbook.transport.guest.login import Credentials, Secret
from runbook.transport.guest.open_channel import Ways, open_channel
from runbook.transport.guest_endpoints import Doors

__all__ = [
    "AGENT",
    "CONSOLE",
    "Channel",
    "Credentials",
    "Doors",
    "Secret",
    "Ways",
    "open_channel",
]
