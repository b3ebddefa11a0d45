"""libvirt's bridge in place of a bridge that is there already: address, ports and taps pass to it.

A port can be in one bridge only, so each one is in none for a moment: for the time that the kernel
takes to move it. Everything else goes on meanwhile. A pair of veth joins both bridges, so a port
that has not moved yet reaches those that have, and the host sends by its NIC itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from runbook.common.serial import LATER
from runbook.params.fields import CARRIERS
from runbook.plan.changes.bridge_ports import Cutover, QuietWarmUp, on_the_link_first
from runbook.plan.changes.guest.nic import as_it_was, attached_to
from runbook.plan.changes.guest_steps import DEFINITIONS, Plug
from runbook.plan.changes.messages import Action, LinkMaster, Message, Route
from runbook.plan.changes.routes import delete
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    Detour,
    GatedNetlink,
    Netlink,
    Restore,
    Step,
)
from runbook.plan.changes.two_bridges import HurryKernel, JoinBridges, TakePorts

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
    """The cutover, with the old bridge's ports: first the NIC `port`, at last the guests' `taps`.

    `mac` is the old bridge's.
    """

    port: str = field(default="", metadata=LATER)
    taps: tuple[str, ...] = field(default=(), metadata=LATER)
    mac: str = field(default="", metadata=LATER)

    title = "the cutover, all of it in one step of the host's own"

    @property
    def before(self) -> str:
        return f"{self._wiring(self.nic, self.routes)}\n{self._ports(self.nic)}"

    @property
    def after(self) -> str:
        return f"{self._wiring(self.bridge, self.routes_after)}\n{self._ports(self.bridge)}"

    def _ports(self, bridge: str) -> str:
        return f"{', '.join((self.port, *self.taps))} in {bridge}"

    def do(self) -> tuple[Step, ...]:
        """The host sends by the NIC before it leaves, so the NIC may be in either bridge."""
        joins = (
            *self._arrivals(),
            *self._detour(),
            LinkMaster(CARRIER_PEER, self.nic),
            LinkMaster(self.port, self.bridge),
        )
        leave = (self._by_port(message) for message in self._departures())
        taps = (LinkMaster(tap, self.bridge) for tap in self.taps)
        messages = (*joins, *leave, *taps, LinkMaster(CARRIER, ""))
        return (
            CarryNeighbours(self.nic, self.port),
            HurryKernel(on=True),
            GatedNetlink(messages, first=len(joins)),
            HurryKernel(on=False),
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
            TakePorts(self.bridge, self.nic, self.port),
            *announced,
            HurryKernel(on=False),
            *(six.relearn() if six else ()),
        )


@dataclass(frozen=True, slots=True)
class RedefineNic:
    """A guest's NIC that is defined on the old bridge: at its next start it is on the network.

    The running guest needs nothing: its tap passes in the cutover.
    """

    guest: str
    mac: str
    network: str
    source: str
    xml: str

    phase = "settle"

    @property
    def title(self) -> str:
        return f"define the NIC of {self.guest} on network {self.network}"

    @property
    def before(self) -> str:
        return f"{self.guest}: {self.mac} is defined on {self.source}"

    @property
    def after(self) -> str:
        return f"{self.guest}: {self.mac} is defined on {self.network}, for its next start"

    def do(self) -> tuple[Step, ...]:
        xml = attached_to(self.xml, self.network)
        return (Plug(self.guest, self.mac, self.network, xml, "config"),)

    def undo(self) -> tuple[Step, ...]:
        """As it was; also as a file, which a boot has before libvirt reads it."""
        return tuple(self._back())

    def _back(self) -> Iterator[Step]:
        yield Plug(self.guest, self.mac, self.source, as_it_was(self.xml), "config")
        yield Restore(f"{DEFINITIONS}/{self.guest}.xml")
