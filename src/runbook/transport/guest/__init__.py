"""A guest from the inside, without its network: by qemu-guest-agent or by serial console.

`channel` is the protocol (commands), `agent` and `console` implement it,
`open_channel` chooses. For the console, `expect` waits for text, `reach_shell` gets to a shell,
`login` has the password, `shell` runs commands, `frames` finds a command's end and `cleaning`
removes terminal codes. `agent_answers` checks the agent's JSON.
"""

from __future__ import annotations

from runbook.transport.guest.channel import AGENT, CONSOLE, Channel
from runbook.transport.guest.login import Credentials, Secret
from runbook.transport.guest.open_channel import ChannelOptions, open_channel
from runbook.transport.guest_endpoints import GuestEndpoints

__all__ = [
    "AGENT",
    "CONSOLE",
    "Channel",
    "ChannelOptions",
    "Credentials",
    "GuestEndpoints",
    "Secret",
    "open_channel",
]
