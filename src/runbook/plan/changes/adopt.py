"""libvirt's bridge in place of a bridge that is there already: address, ports and taps pass to it.

A port can be in one bridge only, so each one is in none for a moment: for the time that the kernel
takes to move it. Everything else goes on meanwhile. A pair of veth joins both bridges, so a port
that has not moved yet reaches those that have, and the host sends by its NIC itself. libvirt moves
the guests' taps, before the NIC and while the bridges are joined; the cutover moves the NIC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from runbook.common.serial import LATER
from runbook.params.fields import CARRIERS
from runbook.plan.changes.bridge_ports import Cutover, QuietWarmUp, on_the_link_first
from runbook.plan.changes.guest.nic import MoveNic
from runbook.plan.changes.messages import Action, LinkMaster, Message, Route
from runbook.plan.changes.routes import delete
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    Detour,
    GatedNetlink,
    Netlink,
    Step,
)
from runbook.plan.changes.two_bridges import (
    CloseShortcut,
    HurryKernel,
    JoinBridges,
    OpenShortcut,
    TakePorts,
)

CARRIER, CARRIER_PEER = CARRIERS


@dataclass(frozen=True, slots=True)
class JoinedWarmUp(QuietWarmUp):
    """A warm-up whose pair of veth can join the bridge to the old one.

    The old bridge is `nic` here. It keeps its MAC `mac` whatever its ports are, and the new one
    learns nothing from the pair: what is behind it moves.
    """

    mac: str = field(default="", metadata=LATER)

    def do(self) -> tuple[Step, ...]:
        still = ("type", "bridge_slave", "learning", "off")
        return (
            Command(("ip", "link", "set", "dev", self.nic, "address", self.mac)),
            *QuietWarmUp.do(self),
            Command(("ip", "link", "set", "dev", CARRIER, *still)),
        )


@dataclass(frozen=True, slots=True)
class AdoptPorts(Cutover):
    """The cutover, from the old bridge: the NIC `port` passes with the addresses.

    `mac` is the old bridge's. `shortcut` is the way of guests meanwhile, if they take one.
    """

    port: str = field(default="", metadata=LATER)
    mac: str = field(default="", metadata=LATER)
    shortcut: OpenShortcut | None = field(default=None, metadata=LATER)

    title = "the cutover, from one bridge to the other"

    @property
    def before(self) -> str:
        return f"{self._wiring(self.nic, self.routes)}\n{self._ports(self.nic)}"

    @property
    def after(self) -> str:
        return f"{self._wiring(self.bridge, self.routes_after)}\n{self._ports(self.bridge)}"

    def _ports(self, bridge: str) -> str:
        return f"{self.port} in {bridge}"

    def do(self) -> tuple[Step, ...]:
        """The host sends by the NIC before it leaves, so the NIC may be in either bridge."""
        joins = (*self._arrivals(), *self._detour(), LinkMaster(self.port, self.bridge))
        messages = (*joins, *(self._by_port(message) for message in self._departures()))
        return (
            CarryNeighbours(self.nic, self.port),
            HurryKernel(on=True),
            GatedNetlink(messages, first=len(joins)),
            HurryKernel(on=False),
            *((CloseShortcut(),) if self.shortcut else ()),
        )

    def _detour(self) -> tuple[Route, ...]:
        """What leads to the LAN by the old bridge, by its port for now."""
        return tuple(
            replace(route, action=Action.ENSURE, ifname=self.port)
            for route in (*self._halves(), *on_the_link_first(self.routes))
        )

    def _by_port(self, message: Message) -> Message:
        """A route that takes the detour is to be taken away there."""
        if not isinstance(message, Route) or message.action is not Action.DELETE:
            return message
        by_port = replace(message, ifname=self.port)
        return by_port if replace(by_port, action=Action.ENSURE) in self._detour() else message

    def undo(self) -> tuple[Step, ...]:
        """The same way back; the old bridge is warmed up by the pair that joins both."""
        six = self.ipv6
        away = tuple(delete(half) for half in self._halves())
        announced = (
            *(Announce(self.nic, a.address) for a in (self.address, *self.others)),
            *(six.announced(self.nic) if six else ()),
        )
        return (
            *((self.shortcut,) if self.shortcut else ()),
            JoinBridges(self.bridge, self.nic, self.mac),
            CarryNeighbours(self.bridge, self.nic),
            CarryNeighbours(self.bridge, self.port),
            Detour(self._detour()),
            Netlink(
                (
                    LinkMaster(self.port, self.nic),
                    *self._returns(),
                    *(replace(half, ifname=self.port) for half in away),
                    *self._leaves_again(),
                )
            ),
            *announced,
            HurryKernel(on=False),
            *(six.relearn() if six else ()),
        )


@dataclass(frozen=True, slots=True)
class JoinOld:
    """The pair of veth joins both bridges, so a tap reaches the LAN in either of them.

    Its undo ends the passage of the ports, so it comes after the undo of all that pass.
    """

    old: str
    new: str
    port: str
    shortcut: OpenShortcut | None = field(default=None, metadata=LATER)

    phase = "network"

    @property
    def title(self) -> str:
        return f"join {self.old} and {self.new} by a pair of veth"

    @property
    def before(self) -> str:
        return f"{CARRIER_PEER} is in no bridge"

    @property
    def after(self) -> str:
        return f"{CARRIER_PEER} is in {self.old}"

    def do(self) -> tuple[Step, ...]:
        joined = Netlink((LinkMaster(CARRIER_PEER, self.old),))
        return (joined, self.shortcut) if self.shortcut else (joined,)

    def undo(self) -> tuple[Step, ...]:
        """What libvirt did not take back is taken back by its port."""
        taken = TakePorts(self.new, self.old, self.port)
        return (taken, CloseShortcut()) if self.shortcut else (taken,)


@dataclass(frozen=True, slots=True)
class AdoptNic(MoveNic):
    """A guest's NIC that is on the old bridge, as it runs and as it is defined.

    libvirt itself moves the tap: at its next restart it puts each tap into the bridge that it has
    in mind. The kernel hurries meanwhile.
    """

    phase = "network"

    def do(self) -> tuple[Step, ...]:
        return (HurryKernel(on=True), *MoveNic.do(self), HurryKernel(on=False))
