"""What the plan needs to know of the host, picked out of a snapshot and typed.

Each function finds exactly one thing, or says which parameter is wrong and
what the host has instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface

from runbook.common.errors import ParameterError, Refused
from runbook.plan.changes.messages import DEFAULT6, MAIN_TABLE, MEDIUM, Action, Address, Route
from runbook.plan.changes.network_hook import FIRST, SINCE_LIBVIRT, hook_path, is_ours
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow
from runbook.state.links import MADE_AT_BOOT, LinkRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot

NOT_NICS = frozenset({"bridge", "tun", "dummy", "ifb", "sit", "gre", "vxlan", "wireguard"})


def nic_names(snapshot: Snapshot) -> tuple[str, ...]:
    """Interfaces an operator could mean, in name order."""
    links = snapshot.rows(LinkRow)
    return tuple(r.ifname for r in links if r.kind not in NOT_NICS and r.ifname != "lo")


def nic_row(snapshot: Snapshot, nic: str) -> LinkRow:
    """The NIC's row in the links table."""
    if row := snapshot.find(LinkRow, nic):
        return row
    raise ParameterError(
        "interface",
        nic,
        f"{snapshot.host} has no interface of that name",
        f"choose one of: {', '.join(nic_names(snapshot)) or 'none found'}",
    )


def is_made_at_boot(snapshot: Snapshot, nic: str) -> bool:
    """Whether ifupdown makes the interface: it goes and comes at a restart of networking."""
    return nic_row(snapshot, nic).kind in MADE_AT_BOOT


def nic_address_message(snapshot: Snapshot, nic: str, host_address: IPv4Interface) -> Address:
    """The address as the NIC holds it, with everything needed to put it back."""
    addresses = addresses_on(snapshot, nic)
    for row in addresses:
        if (row.address, row.prefixlen) == (str(host_address.ip), host_address.network.prefixlen):
            return as_delete_message(row)
    shown = ", ".join(f"{r.address}/{r.prefixlen}" for r in addresses) or "no IPv4 address"
    bridges = [link.ifname for link in snapshot.rows(LinkRow) if link.kind == "bridge"]
    on = next((name for name in bridges if holds(snapshot, name, host_address)), "")
    if on:
        raise ParameterError(
            "address",
            str(host_address),
            f"it is on the bridge {on} of {snapshot.host} already, not on {nic}",
            on_bridge(on),
        )
    raise ParameterError(
        "address",
        str(host_address),
        f"it is not on {nic} of {snapshot.host}, which holds {shown}",
        "give the address as the host holds it now; the change moves it, it does not alter it",
    )


def on_bridge(bridge: str) -> str:
    """What to do on a host whose address is on a bridge that no libvirt network makes."""
    return (
        f"the host is on the LAN by {bridge} already, so nothing has to move. Set attach: true,"
        f" bridge: {bridge}, and interface to its port: runbook then defines a libvirt network onto"
        f" {bridge}, and guest.ipynb puts guests on it; survey.ipynb proposes these values. Or set"
        f" adopt: {bridge}: then a bridge of libvirt's own takes its place"
    )


def addresses_on(snapshot: Snapshot, ifname: str) -> list[AddressRow]:
    """The IPv4 addresses of an interface."""
    return [r for r in snapshot.rows(AddressRow) if (r.family, r.ifname) == ("inet", ifname)]


def holds(snapshot: Snapshot, ifname: str, address: IPv4Interface) -> bool:
    """Whether an interface has the address, whatever its prefix length."""
    return any(row.address == str(address.ip) for row in addresses_on(snapshot, ifname))


def as_delete_message(row: AddressRow) -> Address:
    """A row of the addresses table as a message, to be taken away."""
    flags = row.flags.split()
    return Address(
        Action.DELETE,
        row.ifname,
        row.address,
        row.prefixlen,
        broadcast=row.broadcast,
        label=row.label,
        noprefixroute="noprefixroute" in flags,
        valid_lft_s=row.valid_lft_s or 0,
        preferred_lft_s=row.preferred_lft_s or 0,
        nodad="nodad" in flags,
        mngtmpaddr="mngtmpaddr" in flags,
        deprecated=row.family == "inet6" and row.preferred_lft_s == 0,
        peer=row.peer,
        scope=row.scope if row.family == "inet" else "global",
    )


def as_route_message(row: RouteRow) -> Route:
    """A row of the routes table as a message."""
    default6 = row.family == "inet6" and row.dst == "default"
    return Route(
        Action.ENSURE,
        DEFAULT6 if default6 else row.dst,
        row.ifname,
        gateway=row.gateway,
        prefsrc=row.prefsrc,
        table=row.table,
        protocol=row.protocol,
        scope=row.scope,
        metric=row.metric,
        tos=row.tos,
        onlink=row.onlink,
        mtu=row.mtu or 0,
        expires_s=row.expires_s or 0,
        pref=row.pref or MEDIUM,
    )


def connected_route(snapshot: Snapshot, nic: str, address: IPv4Interface) -> Route:
    """The NIC's route to its own network."""
    network = str(address.network)
    found = [
        row
        for row in main_routes(snapshot)
        if (row.ifname, row.dst, row.gateway) == (nic, network, "")
    ]
    if len(found) != 1:
        others = [
            f"{row.dst} via {row.gateway}" for row in main_routes(snapshot) if row.dst == network
        ]
        instead = f"; there is {', '.join(others)}" if others and not found else ""
        raise Refused(
            f"{snapshot.host} has {len(found)} routes to {network} on {nic}; the change needs one"
            f"{instead}",
            host=snapshot.host,
            then=f"bring `ip route show dev {nic}` to one connected route, without a gateway:"
            f" `ip route replace {network} dev {nic} src {address.ip}`, and take whatever makes it"
            " otherwise out of the stanza",
        )
    beside = [
        row
        for row in main_routes(snapshot)
        if (row.ifname, row.dst) == (nic, network) and row.gateway
    ]
    if beside:
        way = f"{network} via {beside[0].gateway} dev {nic}"
        raise Refused(
            f"{snapshot.host} has a second route to {network} on {nic}, {way}",
            host=snapshot.host,
            then=f"libvirt starts no network to which another interface has a route. Remove this"
            f" route (ip route del {way}), and the line that adds it from the stanza. If the host"
            " must reach its neighbours by the router only, give it a /32 with `pointopoint`",
        )
    return as_route_message(found[0])


def hook_file(snapshot: Snapshot, network: str) -> str:
    """The file of the network's hook: an old libvirt knows one for all networks."""
    first = snapshot.find(FileRow, FIRST)
    old = snapshot.identity.libvirt_version < SINCE_LIBVIRT
    # A host that was changed before its upgrade keeps the file, and libvirt goes on running it.
    if old or (first and is_ours(first.content, network)):
        return FIRST
    return hook_path(network)


def main_routes(snapshot: Snapshot) -> Iterator[RouteRow]:
    """The IPv4 routes of the main table."""
    return (r for r in snapshot.rows(RouteRow) if (r.family, r.table) == ("inet", MAIN_TABLE))


def default_routes(snapshot: Snapshot) -> list[RouteRow]:
    """The IPv4 default routes of the main table, the preferred one first."""
    found = (row for row in main_routes(snapshot) if row.dst == "default")
    return sorted(found, key=lambda row: row.metric)


def moved_routes(snapshot: Snapshot, nic: str, network: str) -> tuple[Route, ...]:
    """Every IPv4 unicast route through the NIC, in any table, but that to its own network."""
    through = ("inet", nic, "unicast")
    found = (r for r in snapshot.rows(RouteRow) if (r.family, r.ifname, r.type) == through)
    same = (network, MAIN_TABLE, "")
    return tuple(r for r in map(as_route_message, found) if (r.dst, r.table, r.gateway) != same)


def default_through(snapshot: Snapshot, *ifnames: str) -> RouteRow | None:
    """The default route through the first of these that has one."""
    found = default_routes(snapshot)
    return next((row for name in ifnames for row in found if row.ifname == name), None)
