"""What a plan for guests needs to know, picked out of a snapshot and typed.

Each function finds exactly one thing, or says which parameter is wrong and what
the host has instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.common.errors import ParameterError, Refused
from runbook.guest.configure.guest_edit import DesiredNetwork
from runbook.params import Params
from runbook.params.guests import Guest
from runbook.state.bridge_ports import BridgePortRow
from runbook.state.guests import GuestRow, TapRow
from runbook.state.links import LinkRow
from runbook.state.neighbours import NeighbourRow
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot

DEFAULT = "default"
MOVABLE = ("network", "bridge")


@dataclass(frozen=True, slots=True)
class Nic:
    """The NIC of a guest that is spoken of, as the `taps` table has it; '' is none."""

    mac: str
    kind: str
    source: str
    tap: str
    defined_source: str
    live_xml: str
    defined_xml: str
    filter: str


def state(guest: Guest, snapshot: Snapshot) -> str:
    """How the guest is, in virsh's word."""
    if row := snapshot.find(GuestRow, guest.name):
        return row.state
    names = ", ".join(r.name for r in snapshot.rows(GuestRow)) or "none"
    raise ParameterError(
        "guest",
        guest.name,
        f"{snapshot.host} has no guest of that name",
        f"choose one of its guests: {names}",
    )


def nic(params: Params, guest: Guest, snapshot: Snapshot) -> Nic:
    """The NIC that moves: the one that is named, else that on `default`, else that on the LAN."""
    state(guest, snapshot)
    nics = [_nic(row) for row in snapshot.rows(TapRow) if row.guest == guest.name]
    matching = [n for n in nics if n.mac == guest.nic] if guest.nic else _meant(nics, params)
    if len(matching) == 1:
        return matching[0]
    has = ", ".join(f"{n.mac} on {n.source or n.defined_source or n.kind}" for n in nics)
    raise ParameterError(
        "nic",
        guest.nic,
        f"it fits {len(matching)} NICs of {guest.name}, and it must fit exactly one;"
        f" it has {has or 'none'}",
        f"name the one that is to move by its MAC: nic, in the entry of {guest.name}",
    )


def _meant(nics: list[Nic], params: Params) -> list[Nic]:
    for network in (DEFAULT, params.network):
        on_it = [n for n in nics if network in (n.source, n.defined_source)]
        if on_it:
            return on_it
    return []


def _nic(row: TapRow) -> Nic:
    return Nic(
        row.mac,
        row.type,
        row.source if row.live_xml else "",
        row.target if row.live_xml else "",
        row.defined_source,
        row.live_xml,
        row.defined_xml,
        row.filter,
    )


def bridge(params: Params, snapshot: Snapshot) -> str:
    """The bridge of the network that guests come onto; Refused unless it carries the LAN."""
    network = snapshot.find(NetworkRow, params.network)
    name = network.bridge if network and network.active else ""
    if name and snapshot.find(BridgePortRow, name, params.interface):
        return name
    problem = f"{params.interface} is no port of {name}, its bridge" if name else "it is not active"
    raise Refused(
        f"{snapshot.host} has no libvirt network {params.network} that leads onto the LAN:"
        f" {problem}",
        host=snapshot.host,
        then="put the host itself on it first: notebooks/routed.ipynb",
    )


def neighbours(mac: str, snapshot: Snapshot) -> tuple[str, ...]:
    """The IPv4 addresses that the host's neighbour table has for a MAC."""
    entries = (row for row in snapshot.rows(NeighbourRow) if (row.family, row.mac) == ("inet", mac))
    return tuple(row.address for row in entries)


def desired(params: Params, guest: Guest, snapshot: Snapshot) -> DesiredNetwork:
    """The network that the guest is to have."""
    gateway = guest.gateway or params.gateway
    mac = nic(params, guest, snapshot).mac
    return DesiredNetwork(guest.name, mac, guest.ipv4, gateway, guest.nameservers)


def orphans(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    """(guest, tap, bridge) of each running guest's tap that is not in its network's bridge."""
    bridges = {r.name: r.bridge for r in snapshot.rows(NetworkRow) if r.active}
    masters = {r.ifname: r.master for r in snapshot.rows(LinkRow)}
    for row in snapshot.rows(TapRow):
        tap, wanted = row.target, bridges.get(row.source, "")
        plugged = row.type == "network" and row.live_xml and tap in masters
        if plugged and wanted and masters[tap] != wanted:
            yield row.guest, tap, wanted
