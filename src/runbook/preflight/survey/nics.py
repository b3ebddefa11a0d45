"""The interfaces that a change could be about, and what each would bring along."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface
from typing import Annotated, NamedTuple

from runbook.plan.routed import facts
from runbook.plan.routed.attach import lan_bridge
from runbook.plan.routed.ipv4 import SECONDARY
from runbook.state.addresses import AddressRow
from runbook.state.host.nic_hardware import NicRow
from runbook.state.host.operator_connection import Connection
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot


class Candidate(NamedTuple):
    """An interface that the operator may choose."""

    interface: Annotated[str, "its name"]
    mac: Annotated[str, "its MAC address"]
    driver: Annotated[str, "its driver, or the kind of a virtual one; '' if that is not known"]
    speed: Annotated[str, "e.g. '1000 Mb/s', or ''"]
    carrier: Annotated[str, "'carrier', 'no carrier', or 'down' if it is switched off"]
    addresses: Annotated[str, "its IPv4 addresses with their prefix lengths"]
    master: Annotated[str, "the bridge or bond that it is part of, or ''"]
    this_connection: Annotated[bool, "the operator's own connection comes in by it"]


def nics(
    snapshot: Snapshot, hardware: Iterable[NicRow] = (), own: Connection | None = None
) -> tuple[Candidate, ...]:
    """One row an interface."""
    by_name = {row.ifname: row for row in hardware}
    carrying = carries(snapshot, own)
    links = {row.ifname: row for row in snapshot.rows(LinkRow)}
    return tuple(
        Candidate(
            name,
            links[name].mac,
            _driver(by_name.get(name), links[name]),
            _speed(by_name.get(name)),
            _carrier(links[name]),
            " ".join(ipv4_addresses(snapshot, name)),
            links[name].master,
            name == carrying,
        )
        for name in facts.nic_names(snapshot)
    )


def ipv4_addresses(snapshot: Snapshot, nic: str) -> list[str]:
    """The IPv4 addresses on an interface, each with its prefix length."""
    return [f"{row.address}/{row.prefixlen}" for row in facts.addresses_on(snapshot, nic)]


def gateways(snapshot: Snapshot, nic: str) -> list[str]:
    """Where the default routes through an interface lead, the preferred one first."""
    routes = (row for row in facts.default_routes(snapshot) if row.ifname == nic and row.gateway)
    return list(dict.fromkeys(row.gateway for row in routes))


def brought(snapshot: Snapshot, nic: str) -> dict[str, str]:
    """The parameters that follow from the choice of an interface; '' where it has none."""
    holder = lan_bridge(snapshot, nic) or nic
    routers = gateways(snapshot, holder)
    values = {"address": _address(snapshot, holder)}
    return {**values, "gateway": routers[0]} if routers else values


def _address(snapshot: Snapshot, nic: str) -> str:
    """The address that the host sends from on the way to its router."""
    way, addresses = facts.default_through(snapshot, nic), facts.addresses_on(snapshot, nic)
    primary = [row for row in addresses if SECONDARY not in row.flags.split()] or addresses

    def fit(row: AddressRow) -> tuple[bool, bool]:
        subnet = IPv4Interface(f"{row.peer or row.address}/{row.prefixlen}").network
        reaches = way is not None and bool(way.gateway) and IPv4Address(way.gateway) in subnet
        return (way is not None and way.prefsrc == row.address, reaches)

    best = max(primary, key=fit, default=None)
    return f"{best.address}/{best.prefixlen}" if best else ""


def carries(snapshot: Snapshot, own: Connection | None) -> str:
    """The interface that holds the address the operator's connection came to, or ''."""
    if own is None:
        return ""
    interfaces = (row.ifname for row in snapshot.rows(AddressRow) if row.address == own.server)
    return next(interfaces, "")


def _driver(hardware: NicRow | None, link: LinkRow) -> str:
    """What has no device of its own is known by its kind."""
    return (hardware.driver if hardware else "") or link.kind


def _speed(hardware: NicRow | None) -> str:
    mbps = hardware.speed_mbps if hardware else None
    return "" if mbps is None else f"{mbps} Mb/s"


def _carrier(link: LinkRow) -> str:
    if not link.up:
        return "down"
    return "carrier" if link.carrier else "no carrier"
