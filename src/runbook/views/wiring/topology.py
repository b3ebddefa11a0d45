"""Who is wired to whom, read out of a snapshot's tables. Pure; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from runbook.state.addresses import AddressRow
from runbook.state.bridge_ports import BridgePortRow
from runbook.state.guests import TapRow
from runbook.state.links import LinkRow
from runbook.state.neighbours import NeighbourRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot

MAIN_TABLE = 254
# What an operator does not think of as wiring.
NOT_DRAWN = frozenset({"lo"})
# Where hosts are containers, as in the lab, a NIC is a veth that bears a NIC's name.
INNER_VETH = "veth"
Mark = Literal["plain", "same", "new", "gone", "changed"]
Kind = Literal["mac", "state", "own", "address"]
Role = Literal["router", "nic", "device", "bridge", "guest", "more"]
Taps = dict[str, TapRow]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line in a box; of kind 'own' is the host's own address."""

    kind: Kind
    text: str
    mark: Mark = "plain"


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `name` tells it from all others; `label` is what the operator calls it.

    `word` says what it is. `cable` is '' where none is plugged in there, else
    whether it has a signal.
    """

    role: Role
    name: str
    label: str
    word: str
    facts: tuple[Fact, ...] = ()
    cable: str = ""
    mark: Mark = "plain"


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection of two nodes, by name; `hub` is the one that may have several such."""

    left: str
    right: str
    hub: str
    mark: Mark = "plain"


@dataclass(frozen=True, slots=True)
class DefaultRoute:
    """A default route: the interface that carries it, the router's node, and via whom."""

    ifname: str
    router: str
    via: str
    mark: Mark = "plain"


@dataclass(frozen=True, slots=True)
class Wiring:
    """A host's boxes, what connects them, and its default routes."""

    host: str
    nodes: tuple[Node, ...]
    wires: tuple[Wire, ...]
    routes: tuple[DefaultRoute, ...]


def wiring(snapshot: Snapshot, address: str) -> Wiring:
    """The wiring; `address` (without prefix length) is the host's own."""
    links = [row for row in snapshot.rows(LinkRow) if row.ifname not in NOT_DRAWN]
    taps = {row.target: row for row in snapshot.rows(TapRow) if row.target}
    wires = tuple(_wires(links, taps))
    ends = {end for wire in wires for end in (wire.left, wire.right)}
    boxes = (_node(snapshot, row, taps, address) for row in links)
    nodes = [node for node in boxes if node.role == "nic" or node.name in ends or _held(node)]
    routes = tuple(_routes(snapshot))
    routers = {route.router: _router(snapshot, route) for route in routes}
    return Wiring(snapshot.host, (*routers.values(), *nodes), wires, routes)


def _held(node: Node) -> bool:
    return node.role == "bridge" or any(fact.kind in ("own", "address") for fact in node.facts)


def _wires(links: list[LinkRow], taps: Taps) -> Iterator[Wire]:
    """From the cable to the guests: left is nearer to the cable."""
    known = {row.ifname for row in links}
    for row in links:
        name, master, lower = row.ifname, row.master, row.lower
        if master in known:
            outward = _is_tap(row, taps)
            left, right = (master, name) if outward else (name, master)
            yield Wire(left, right, master)
        if lower in known:
            yield Wire(lower, name, lower)


def _node(snapshot: Snapshot, row: LinkRow, taps: Taps, address: str) -> Node:
    name, kind = row.ifname, row.kind
    facts = (*_states(snapshot, row, taps), *_addresses(snapshot, name, address))
    if name in taps:
        guest = taps[name]
        return Node("guest", name, guest.guest, "guest", (*_mac(guest), *facts))
    facts = (*_mac(row), *facts)
    if _is_nic(row):
        return Node("nic", name, name, "NIC", facts, "signal" if row.carrier else "no signal")
    role: Role = "bridge" if kind == "bridge" else "device"
    return Node(role, name, name, kind or "interface", facts)


def _mac(row: LinkRow | TapRow) -> tuple[Fact, ...]:
    return (Fact("mac", f"MAC {row.mac}"),) if row.mac else ()


def _states(snapshot: Snapshot, row: LinkRow, taps: Taps) -> Iterator[Fact]:
    name = row.ifname
    states = [r.state for r in snapshot.rows(BridgePortRow) if r.port == name]
    said = [name] if name in taps else []
    said += [] if row.up else ["down"]
    said += [] if row.stp is None else [_stp(row.stp)]
    said += [f"port, {state}" for state in states]
    if said:
        yield Fact("state", " · ".join(said))


def _stp(value: int) -> str:
    return "STP on" if value == 1 else "STP off"


def _addresses(snapshot: Snapshot, name: str, address: str) -> Iterator[Fact]:
    for row in snapshot.rows(AddressRow):
        if row.ifname == name and row.scope != "link":
            kind: Kind = "own" if row.address == address else "address"
            yield Fact(kind, f"{row.address}/{row.prefixlen}")


def _routes(snapshot: Snapshot) -> Iterator[DefaultRoute]:
    """One an interface, whatever the family; a router is known by the first of its addresses."""
    via: dict[str, list[str]] = {}
    for row in snapshot.rows(RouteRow):
        if (row.table, row.dst) == (MAIN_TABLE, "default") and row.ifname:
            gateway = row.gateway or row.nexthops or "nobody: it is on the link"
            via.setdefault(row.ifname, []).append(gateway)
    for name, gateways in via.items():
        told = tuple(dict.fromkeys(gateways))
        yield DefaultRoute(name, f"router {told[0]}", ", ".join(told))


def _router(snapshot: Snapshot, route: DefaultRoute) -> Node:
    gateways = route.via.split(", ")
    held = (row.mac for row in snapshot.rows(NeighbourRow) if row.address in gateways)
    macs = dict.fromkeys(mac for mac in held if mac)
    told = (
        *(Fact("mac", f"MAC {mac}") for mac in macs),
        *(Fact("address", gateway) for gateway in gateways),
    )
    return Node("router", route.router, "router", "", told)


def _is_tap(row: LinkRow, taps: Taps) -> bool:
    return row.kind == "tun" or row.ifname in taps


def _is_nic(row: LinkRow) -> bool:
    named = not row.ifname.startswith(INNER_VETH)
    return row.kind == "" or (row.kind == "veth" and named)
