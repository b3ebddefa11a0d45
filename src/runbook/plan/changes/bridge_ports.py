"""The cutover itself, and the bridge settings around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from runbook.common.serial import LATER
from runbook.params.fields import CARRIERS
from runbook.plan.changes.ipv6 import Moved6, conf
from runbook.plan.changes.messages import (
    KERNEL,
    Action,
    Address,
    BridgeOption,
    LinkMaster,
    Message,
    Route,
)
from runbook.plan.changes.routes import delete, halves
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    GatedNetlink,
    Netlink,
    Step,
)
from runbook.plan.changes.waits import AwaitCarrier

CARRIER, CARRIER_PEER = CARRIERS
_NO_CARRIER = ("ip", "link", "delete", "dev", CARRIER)
# A kernel without IPv6 has none of its parameters.
_IGNORE_UNKNOWN = ("sysctl", "-q", "-e", "-w")


@dataclass(frozen=True, slots=True)
class ForwardAtOnce:
    """Make the bridge forward on a new port without listening and learning first.

    The kernel clamps the forward delay to two seconds while STP is on, so STP
    goes off first and the delay to zero in a request of its own.
    """

    bridge: str
    stp: bool

    phase = "network"
    title = "let the bridge forward at once"

    @property
    def before(self) -> str:
        return f"{self.bridge}: STP {'on, forward delay 2 s' if self.stp else 'off'}"

    @property
    def after(self) -> str:
        return f"{self.bridge}: STP off, forward delay 0"

    def do(self) -> tuple[Step, ...]:
        """Two requests: the second is only accepted once the first took effect."""
        return (
            Netlink((BridgeOption(self.bridge, "stp_state", 0),)),
            Netlink((BridgeOption(self.bridge, "forward_delay", 0),)),
        )

    def undo(self) -> tuple[Step, ...]:
        """Nothing: the bridge goes away with its network."""
        return ()


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Give the bridge a carrier and its neighbours before anything depends on it.

    A bridge without a port is down; when its first port comes, the kernel
    opens its queue a moment later, and drops what is sent meanwhile. An ARP
    request dropped so is only repeated after a second. So for the time of the
    change a pair of veth gives it a port, and it learns what the NIC knows.

    Only plans of version 0.1 hold it; `QuietWarmUp` stands in its place.
    """

    bridge: str
    nic: str

    phase = "network"
    title = "warm the bridge up"

    @property
    def before(self) -> str:
        return f"{self.bridge}: no port, no neighbours"

    @property
    def after(self) -> str:
        return f"{self.bridge}: port {CARRIER} for the time of the change, neighbours of {self.nic}"

    def do(self) -> tuple[Step, ...]:
        """A carrier first: without one, neighbours are not kept."""
        pair = ("type", "veth", "peer", "name", CARRIER_PEER)
        return (
            Command(("ip", "link", "add", "name", CARRIER, "up", *pair)),
            Command(("ip", "link", "set", "dev", CARRIER_PEER, "up")),
            Netlink((LinkMaster(CARRIER, self.bridge),)),
            AwaitCarrier(self.bridge),
            CarryNeighbours(self.nic, self.bridge),
        )

    def undo(self) -> tuple[Step, ...]:
        return (Command(_NO_CARRIER),)


@dataclass(frozen=True, slots=True)
class QuietWarmUp(WarmUp):
    """A warm-up that nobody outside the host hears.

    The kernel sends IPv6 of its own from an interface that is up. Sent by the pair it would reach
    the switch, and a port that admits known MACs alone may shut for good.
    """

    def do(self) -> tuple[Step, ...]:
        """No IPv6 on the pair before it is up, then as a warm-up."""
        pair = ("type", "veth", "peer", "name", CARRIER_PEER)
        quiet = (f"{conf(end, 'disable_ipv6')}=1" for end in CARRIERS)
        return (
            Command(("ip", "link", "add", "name", CARRIER, *pair)),
            Command((*_IGNORE_UNKNOWN, *quiet)),
            *(Command(("ip", "link", "set", "dev", end, "up")) for end in CARRIERS),
            *WarmUp.do(self)[2:],
        )


@dataclass(frozen=True, slots=True)
class Cutover:
    """NIC into the bridge, routes onto the bridge, addresses off the NIC: one step.

    `connected` is the route of the address, None for one without a subnet. `others` are the
    NIC's other IPv4 addresses, the secondary ones last, `others_after` the same on the bridge,
    and `others_connected` the routes that the kernel made with them. With `handed`, what comes
    in for the NIC while it joins the bridge goes by the pair of veth.
    """

    address: Address
    bridge: str
    connected: Route | None
    routes: tuple[Route, ...]
    routes_after: tuple[Route, ...]
    ipv6: Moved6 | None = None
    others: tuple[Address, ...] = field(default=(), metadata=LATER)
    others_after: tuple[Address, ...] = field(default=(), metadata=LATER)
    others_connected: tuple[Route, ...] = field(default=(), metadata=LATER)
    handed: bool = field(default=False, metadata=LATER)

    phase = "cutover"
    title = "the cutover, as one netlink datagram"

    @property
    def nic(self) -> str:
        """The interface that gives its address away."""
        return self.address.ifname

    @property
    def before(self) -> str:
        return self._wiring(self.nic, self.routes)

    @property
    def after(self) -> str:
        return f"{self._wiring(self.bridge, self.routes_after)}\n{self.nic} in {self.bridge}"

    def _wiring(self, ifname: str, routes: tuple[Route, ...]) -> str:
        six = self.ipv6
        addresses = (self.address, *self.others, *(six.addresses if six else ()))
        held = (f"{a.address}/{a.prefixlen} dev {ifname}" for a in addresses)
        moved = (replace(r, ifname=ifname) for r in ((*six.routes, *six.learned) if six else ()))
        ways = (" ".join(_way(route)) for route in (*routes, *moved))
        return "\n".join((*held, *ways))

    def do(self) -> tuple[Step, ...]:
        """The order keeps a usable route at every message.

        The kernel may refuse the NIC as a port, and it would work through the rest of one
        datagram all the same: the address would be gone. So the rest follows only if it is taken.
        In between the host answers on the bridge and sends by the NIC; nothing is lost.
        """
        joins = (*self._arrivals(), LinkMaster(self.nic, self.bridge))
        joining = self.nic if self.handed else ""
        return (GatedNetlink((*joins, *self._departures()), first=len(joins), joining=joining),)

    def _arrivals(self) -> tuple[Message, ...]:
        """What comes onto the bridge before the NIC does."""
        return (*(self.ipv6.arrive() if self.ipv6 else ()), *self.others_after)

    def _departures(self) -> tuple[Message, ...]:
        """The routes onto the bridge, then all off the NIC."""
        moved = set(self._keys(self.routes_after))
        left = tuple(r for r in self.routes if self._key(r) not in moved)
        return (
            *on_the_link_first(self.routes_after),
            *(delete(route) for route in left),
            *(delete(half) for half in self._halves()),
            *(delete(route) for route in self.others_connected),
            *(self.ipv6.leave() if self.ipv6 else ()),
            # The kernel takes the secondary ones along with their primary one.
            *(replace(a, action=Action.DELETE) for a in reversed(self.others)),
            replace(self.address, action=Action.DELETE),
        )

    def undo(self) -> tuple[Step, ...]:
        """All that the NIC needs is there before it leaves the bridge.

        In the bridge it can send already, and its own MAC is heard as well; so
        the neighbours are told first, and nothing has to be asked for by ARP
        while answers still go to the bridge.
        """
        six = self.ipv6
        announced = (
            *(Announce(self.nic, a.address) for a in (self.address, *self.others)),
            *(six.announced(self.nic) if six else ()),
        )
        return (
            *announced,
            CarryNeighbours(self.bridge, self.nic),
            Netlink((*self._returns(), LinkMaster(self.nic, ""), *self._leaves_again())),
            *announced,
            *(six.relearn() if six else ()),
        )

    def _returns(self) -> tuple[Message, ...]:
        """Addresses and routes back, while the bridge still has them."""
        return (
            *(a.until_renewed() for a in (self.address, *self.others)),
            *(replace(route, action=Action.ENSURE) for route in self._direct()),
            *on_the_link_first(replace(r, action=Action.ENSURE) for r in self.routes),
            *self._strays(),
            *(self.ipv6.return_() if self.ipv6 else ()),
        )

    def _leaves_again(self) -> tuple[Message, ...]:
        """The addresses off the bridge."""
        # libvirt put it there without a peer.
        away = replace(self.address, action=Action.DELETE, ifname=self.bridge, peer="")
        return (
            *(replace(a, action=Action.DELETE) for a in reversed(self.others_after)),
            away,
            *(self.ipv6.returned() if self.ipv6 else ()),
        )

    def _halves(self) -> tuple[Route, ...]:
        return halves(self.connected) if self.connected else ()

    def _direct(self) -> tuple[Route, ...]:
        """The NIC's routes to its own networks."""
        return (*((self.connected,) if self.connected else ()), *self.others_connected)

    def _strays(self) -> tuple[Route, ...]:
        """Routes of the bridge to be taken away.

        Where the kernel put the NIC's own route behind that of the bridge, it has not replaced it.
        Left until the addresses go, it would lead into a bridge that has no port any more.
        """
        restored = set(self._keys(self.routes))
        return tuple(
            delete(r)
            for r in (
                *(r for r in self.routes_after if not r.gateway or self._key(r) not in restored),
                *(_of_kernel(r, self.bridge) for r in self._direct()),
            )
        )

    @staticmethod
    def _key(route: Route) -> tuple[int, str, int, int]:
        # What RTM_NEWROUTE with NLM_F_REPLACE takes for the same route.
        return (route.table, route.dst, route.tos, route.metric)

    @classmethod
    def _keys(cls, routes: tuple[Route, ...]) -> tuple[tuple[int, str, int, int], ...]:
        return tuple(cls._key(route) for route in routes)


def _of_kernel(route: Route, ifname: str) -> Route:
    """The route to the same network that the kernel made with an address of another interface."""
    return replace(route, ifname=ifname, protocol=KERNEL, metric=0, prefsrc="")


def on_the_link_first(routes: Iterable[Route]) -> list[Route]:
    """Those by which the gateways of the others are reached come first."""
    return sorted(routes, key=lambda route: bool(route.gateway))


def _way(route: Route) -> Iterator[str]:
    yield route.dst
    if route.gateway:
        yield f"via {route.gateway}"
    yield f"dev {route.ifname}"


@dataclass(frozen=True, slots=True)
class Settle:
    """Tell the neighbours where the addresses are now, and turn STP on as promised."""

    address: str
    bridge: str
    stp: bool
    ipv6: tuple[str, ...] = ()

    phase = "settle"
    title = "announce the address, set STP"

    @property
    def before(self) -> str:
        return "neighbours hold the NIC's MAC; STP off"

    @property
    def after(self) -> str:
        return f"neighbours hold {self.bridge}'s MAC; STP {'on' if self.stp else 'off'}"

    def do(self) -> tuple[Step, ...]:
        """A port that forwards when STP is turned on goes on forwarding."""
        told = (self.address, *self.ipv6)
        tell: tuple[Step, ...] = tuple(Announce(self.bridge, address) for address in told)
        stp = Netlink((BridgeOption(self.bridge, "stp_state", 1),))
        tell = (*tell, Command(_NO_CARRIER))
        return (*tell, stp) if self.stp else tell

    def undo(self) -> tuple[Step, ...]:
        """Nothing: the cutover's own undo announces, and STP goes with the bridge."""
        return ()
