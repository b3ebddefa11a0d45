"""Changes to routes: make room for the bridge's network, and carry routes over to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from runbook.plan.changes.messages import Action, Message, Route
from runbook.plan.changes.steps import Netlink, Step


def halves(connected: Route) -> tuple[Route, Route]:
    """The two more specific routes that together cover the connected one."""
    low, high = IPv4Network(connected.dst).subnets(prefixlen_diff=1)
    base = replace(connected, action=Action.ENSURE, protocol="boot", metric=0, tos=0, scope="link")
    return replace(base, dst=str(low)), replace(base, dst=str(high))


def delete(route: Route) -> Route:
    """The same route, to be removed."""
    return replace(route, action=Action.DELETE)


@dataclass(frozen=True, slots=True)
class MakeRoom:
    """Cover the connected route by its halves and remove it.

    libvirt refuses to start a network while another interface has a route of
    exactly the same destination; it does not object to the halves, and
    traffic goes on leaving by the NIC.
    """

    connected: Route

    phase = "network"
    title = "make room for the bridge's network"

    @property
    def before(self) -> str:
        return f"{self.connected.dst} dev {self.connected.ifname}"

    @property
    def after(self) -> str:
        return "\n".join(f"{half.dst} dev {half.ifname}" for half in halves(self.connected))

    def do(self) -> tuple[Step, ...]:
        """Halves first, so that there is never a moment without a route."""
        return (Netlink((*halves(self.connected), delete(self.connected))),)

    def undo(self) -> tuple[Step, ...]:
        """The connected route first, for the same reason."""
        first = replace(self.connected, action=Action.ENSURE)
        rest: tuple[Message, ...] = tuple(delete(half) for half in halves(self.connected))
        return (Netlink((first, *rest)),)
