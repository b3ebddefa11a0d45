"""Which way into a guest: the agent if it may do what is needed, else the serial console."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.clock import Clock
from runbook.transport.guest.channel import Channel
from runbook.transport.guest.doors import Doors
from runbook.transport.guest.login import Credentials


@dataclass(frozen=True, slots=True)
class Ways:
    """What may be tried, and how: `force` ends somebody else's console session.

    `token` is a few random letters and digits, by which output is told from noise.
    """

    token: str
    agent: bool = True
    console: bool = True
    force: bool = False


def open_channel(doors: Doors, credentials: Credentials, ways: Ways, *, clock: Clock) -> Channel:
    """A channel into the guest as root, by the first way that it offers.

    Raises NoWayIn, which tells what was tried and why it did not lead inside;
    LoginRefused where the console refused the password, for then trying another
    way is not what is wanted.
    """
    raise NotImplementedError
