"""The host's IPv6, moved over to the bridge in the cutover's datagram, and back.

A default route that the kernel made of a router advertisement cannot be
moved: put there by hand, it keeps the kernel from reading the rest of the
next advertisement, and the addresses run out. So a stand-in of the next
metric bridges the gap until the kernel has made its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Interface

from runbook.plan.changes.messages import Action, Address, Message, Route
from runbook.plan.changes.routes import delete
from runbook.plan.changes.steps import Announce, Command, Step
from runbook.plan.changes.waits import Relearn

LEARN, DEAF = "2", "0"


def conf(ifname: str, word: str) -> str:
    """A parameter of IPv6 on one interface, in sysctl(8)'s words."""
    return f"net.ipv6.conf.{ifname.replace('.', '/')}.{word}"


def stand_in(learned: Route) -> Route:
    """The route that bridges the gap; the kernel's own wins over it."""
    return replace(learned, metric=learned.metric + 1)


@dataclass(frozen=True, slots=True)
class Moved6:
    """All of the host's IPv6 as it is on the NIC.

    `connected` are the kernel's routes to the prefixes, `routes` those that
    somebody made, `learned` the default routes made of router advertisements.
    """

    nic: str
    bridge: str
    addresses: tuple[Address, ...]
    connected: tuple[Route, ...]
    routes: tuple[Route, ...]
    learned: tuple[Route, ...]

    @property
    def token(self) -> str:
        """The interface identifier of the addresses by SLAAC, or '' where there are none."""
        made = [a for a in self.addresses if a.mngtmpaddr]
        return identifier(made[0].address) if made else ""

    @property
    def learns(self) -> bool:
        """Whether the host lives by router advertisements."""
        return bool(self.token or self.learned)

    def announced(self, ifname: str) -> tuple[Step, ...]:
        """Announcements of every address to the neighbours."""
        return tuple(Announce(ifname, address.address) for address in self.addresses)

    def arrive(self) -> tuple[Message, ...]:
        """Addresses onto the bridge before the NIC joins it: neighbours always get an answer."""
        return tuple(_held(self.addresses, self.bridge, nodad=True))

    def leave(self) -> tuple[Message, ...]:
        """Routes over to the bridge, then all off the NIC.

        A prefix route with a lifetime does not go with its address; so each is
        deleted before its address is.
        """
        bare = self._bare()
        come = tuple(route for route in self.connected if route not in bare)
        return (
            *_on((*bare, *self.routes), self.bridge),
            *_on(map(stand_in, self.learned), self.bridge),
            *(delete(route) for route in (*self.learned, *come)),
            *(replace(address, action=Action.DELETE) for address in self.addresses),
        )

    def return_(self) -> tuple[Message, ...]:
        """Onto the NIC while it is still in the bridge, and the ways through the bridge away."""
        through = (*map(stand_in, self.learned), *self.learned, *self.connected)
        return (
            *_held(self.addresses, self.nic, nodad=True),
            *_on(self._bare(), self.nic),
            *_on(self.routes, self.nic),
            *_on(map(stand_in, self.learned), self.nic),
            *(delete(replace(route, ifname=self.bridge)) for route in through),
        )

    def returned(self) -> tuple[Message, ...]:
        """Off the bridge; the addresses are to look as they did."""
        gone = (replace(a, action=Action.DELETE, ifname=self.bridge) for a in self.addresses)
        return (*gone, *(replace(a, action=Action.ENSURE) for a in self.addresses))

    def relearn(self) -> tuple[Step, ...]:
        """The kernel's own routes on the NIC again."""
        if not self.learned:
            return ()
        return (Relearn(self.nic, self.token, self.learned),)

    def _bare(self) -> tuple[Route, ...]:
        """The prefix routes that do not come with one of the addresses."""
        come = {
            str(IPv6Interface(f"{a.address}/{a.prefixlen}").network)
            for a in self.addresses
            if not a.noprefixroute
        }
        return tuple(route for route in self.connected if route.dst not in come)


def identifier(address: str) -> str:
    """The lower 64 bits, as `ip token` writes them."""
    low = int(IPv6Interface(address).ip) & (1 << 64) - 1
    return str(IPv6Interface(low).ip)


def _held(addresses: tuple[Address, ...], ifname: str, *, nodad: bool) -> Iterator[Message]:
    for address in addresses:
        yield replace(address, action=Action.ENSURE, ifname=ifname, nodad=nodad)


def _on(routes: Iterator[Route] | tuple[Route, ...] | map[Route], ifname: str) -> Iterator[Message]:
    for route in routes:
        yield replace(route, action=Action.ENSURE, ifname=ifname)


def set_token(token: str, ifname: str) -> tuple[Step, ...]:
    """The interface identifier for SLAAC set, which also asks the routers to speak."""
    return (Command(("ip", "token", "set", token, "dev", ifname)),) if token else ()
