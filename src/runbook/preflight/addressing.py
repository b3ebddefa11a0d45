"""Addresses: what else the NIC holds, who else uses the host's address, or its network."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network, ip_interface

from runbook.plan.promise.host import HOST_ROUTE
from runbook.plan.routed import ipv4
from runbook.plan.routed.facts import addresses_on, main_routes
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.addresses import AddressRow
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow

OVERLAP = "the kernel would send part of the LAN's traffic there instead of through the bridge"
FIELD = "address"


@looked_for("IPv4 on the NIC", "no address but the one that is moved", "every address is moved")
def _ipv4(case: Case) -> Iterator[Finding]:
    own, others = _on_the_nic(case)
    if own and ipv4.SECONDARY in own.flags.split():
        yield Finding(
            "block",
            f"address {case.params.address}",
            f"it is a secondary address; the host sends from {_primary(own, others)}",
            "libvirt puts `address` on the bridge first, so the host would send from another"
            " address than now",
            f"set `address` to {_primary(own, others)}; the other addresses move as well",
            field=FIELD,
        )
    for row in others:
        yield Finding(
            "note",
            case.params.holder,
            f"it also holds {_in_words(row)}",
            "every IPv4 address of the NIC moves to the bridge in the same moment, and comes back"
            " at each boot by libvirt's hook",
            "nothing",
        )


def _on_the_nic(case: Case) -> tuple[AddressRow | None, list[AddressRow]]:
    """The row of the parameter `address`, and the NIC's other rows."""
    rows = addresses_on(case.snapshot, case.params.holder)
    desired = (str(case.params.ipv4.ip), case.params.ipv4.network.prefixlen)
    own = next((row for row in rows if (row.address, row.prefixlen) == desired), None)
    return own, [row for row in rows if row is not own]


def _primary(own: AddressRow, others: list[AddressRow]) -> str:
    """The address of the same subnet that the host sends from."""
    lan = IPv4Interface(f"{own.address}/{own.prefixlen}").network
    interfaces = (IPv4Interface(f"{r.address}/{r.prefixlen}") for r in others if not _secondary(r))
    return next(
        (str(interface) for interface in interfaces if interface.network == lan), "another one"
    )


def _secondary(row: AddressRow) -> bool:
    return ipv4.SECONDARY in row.flags.split()


def _in_words(row: AddressRow) -> str:
    peer = f" peer {row.peer}" if row.peer else ""
    label = f" ({row.label})" if ":" in row.label else ""
    return f"{row.address}/{row.prefixlen}{peer}{label}"


@looked_for(
    "address",
    "no other machine answers ARP for the address",
    "two machines with one address take each other's packets (asked by ARP probe, RFC 5227)",
)
def _claimed(case: Case) -> Iterator[Finding]:
    own = {link.mac for link in case.snapshot.rows(LinkRow)}
    for mac in case.around.claimants:
        if mac not in own:
            yield Finding(
                "block",
                f"address {case.params.ipv4.ip}",
                f"{mac} answers for it as well",
                "the router sends this host's packets to the machine that answered ARP last",
                f"find {mac} on the switch and give it another address; if it is a router,"
                " turn proxy ARP off",
                field=FIELD,
            )


@looked_for("subnet", "no other interface and no libvirt network uses the subnet", OVERLAP)
def _subnet(case: Case) -> Iterator[Finding]:
    yield from _on_interfaces(case)
    yield from _of_routes(case)
    yield from _of_networks(case)


def _on_interfaces(case: Case) -> Iterator[Finding]:
    further = ipv4.subnets(case.params, case.snapshot)
    for lan in dict.fromkeys((case.params.ipv4.network, *further)):
        yield from _overlapping(case, lan)


def _overlapping(case: Case, lan: IPv4Network) -> Iterator[Finding]:
    for row in case.snapshot.rows(AddressRow):
        if row.family != "inet" or row.ifname == case.params.holder:
            continue
        interface = IPv4Interface(f"{row.address}/{row.prefixlen}")
        if not interface.network.overlaps(lan):
            continue
        about, current = f"subnet {lan}", f"{row.ifname} holds {interface}"
        if row.prefixlen == HOST_ROUTE:
            why = "a /32 address has no subnet, so it takes no traffic of the LAN"
            yield Finding("note", about, current, why, "nothing: it stays where it is")
        else:
            yield Finding(
                "block", about, current, OVERLAP, "remove it there, or renumber it", field=FIELD
            )


def _of_routes(case: Case) -> Iterator[Finding]:
    nic, lan = case.params.holder, str(case.params.ipv4.network)
    for row in main_routes(case.snapshot):
        if row.dst == lan and row.ifname != nic:
            yield Finding(
                "block",
                f"subnet {lan}",
                f"it is also routed through {row.ifname or row.type}",
                "libvirt does not start a network to which another interface has a route",
                f"remove that route first: ip route del {lan} dev {row.ifname}",
                field=FIELD,
            )


def _of_networks(case: Case) -> Iterator[Finding]:
    lan = case.params.ipv4.network
    for row in case.snapshot.rows(NetworkRow):
        for interface in (ip_interface(word) for word in row.addresses.split()):
            if isinstance(interface, IPv4Interface) and interface.network.overlaps(lan):
                yield Finding(
                    "block",
                    f"network {row.name}",
                    f"it has {interface}, {'active' if row.active else 'not active now'}",
                    OVERLAP,
                    f"renumber it (virsh net-edit {row.name}), or remove it",
                )


RULES = (_ipv4, _claimed, _subnet)
