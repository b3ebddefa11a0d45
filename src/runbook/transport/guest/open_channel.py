"""Which way into a guest: the agent if it may do what is needed, else the serial console."""

from __future__ import annotations

from dataclasses import dataclass, field

from runbook.common.clock import Clock
from runbook.common.errors import (
    AgentSilent,
    ConnectionLost,
    ConsoleTaken,
    HypervisorUnavailable,
    LoginRefused,
    NoConsole,
    NoWayIn,
)
from runbook.transport.guest.agent import open_agent
from runbook.transport.guest.channel import AGENT, CONSOLE, Channel
from runbook.transport.guest.console import open_console
from runbook.transport.guest.expect import Patience, Where
from runbook.transport.guest.login import Credentials
from runbook.transport.guest_endpoints import GuestEndpoints


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """What may be tried, and how: `force` ends somebody else's console session.

    `token` is a few random letters and digits, by which output is told from noise.
    """

    token: str
    agent: bool = True
    console: bool = True
    force: bool = False
    patience: Patience = field(default_factory=Patience)


def open_channel(
    doors: GuestEndpoints, credentials: Credentials, ways: ChannelOptions, *, clock: Clock
) -> Channel:
    """A channel into the guest as root, by the first way that it offers.

    Raises NoWayIn, which lists each way that was tried and why it failed. Raises LoginRefused if
    the console refused the password, ConsoleTaken if somebody else uses it: then no other way is
    tried.
    """
    tried: list[str] = []
    transcript = ""
    if ways.agent:
        try:
            return open_agent(doors, clock)
        except (AgentSilent, HypervisorUnavailable) as error:
            tried.append(f"{AGENT}: {error.what}")
    if ways.console:
        try:
            return _console(doors, credentials, ways, clock)
        except (LoginRefused, ConsoleTaken):
            raise
        except (NoConsole, ConnectionLost, HypervisorUnavailable) as error:
            tried.append(f"{CONSOLE}: {error.what}")
            transcript = error.transcript
    raise NoWayIn(
        f"nothing leads into guest {doors.guest}:"
        f" {'; '.join(tried) or 'neither agent nor console was allowed'}",
        host=doors.host,
        tried=tuple(tried),
        then="do by hand in the guest what the instructions say, or fix one of the two",
        transcript=transcript,
    )


def _console(
    doors: GuestEndpoints, credentials: Credentials, ways: ChannelOptions, clock: Clock
) -> Channel:
    stream = doors.open_console(force=ways.force)
    where = Where(doors.host, doors.guest)
    return open_console(where, stream, credentials, ways.token, clock, patience=ways.patience)
