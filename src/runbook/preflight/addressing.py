"""Addresses: what else the NIC holds, who else uses the host's address, or its network."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, ip_interface

from runbook.plan.routed.facts import addresses_on, main_routes
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.addresses import AddressRow
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow

HOST_ROUTE = 32
OVERLAP = "the kernel would send part of the LAN's traffic there instead of through the bridge"


@looked_for("IPv4 on the NIC", "no address but the one that is moved", "one address is moved")
def _ipv4(case: Case) -> Iterator[Finding]:
    nic = case.params.interface
    for row in addresses_on(case.snapshot, nic):
        if row.address != str(case.params.ipv4.ip):
            yield Finding(
                "block",
                nic,
                f"it also holds {row.address}/{row.prefixlen}",
                "runbook moves one IPv4 address; any other would stop working on a bridge port",
                "remove the others first",
            )


@looked_for(
    "address",
    "no other machine answers for it",
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
            )


@looked_for("subnet", "no other interface and no libvirt network uses it", OVERLAP)
def _subnet(case: Case) -> Iterator[Finding]:
    yield from _on_interfaces(case)
    yield from _of_routes(case)
    yield from _of_networks(case)


def _on_interfaces(case: Case) -> Iterator[Finding]:
    nic, lan = case.params.interface, case.params.ipv4.network
    for row in case.snapshot.rows(AddressRow):
        if row.family != "inet" or row.ifname == nic:
            continue
        held = IPv4Interface(f"{row.address}/{row.prefixlen}")
        if not held.network.overlaps(lan):
            continue
        about, seen = f"subnet {lan}", f"{row.ifname} holds {held}"
        if row.prefixlen == HOST_ROUTE:
            why = "a /32 address has no subnet, so it takes no traffic of the LAN"
            yield Finding("note", about, seen, why, "nothing: it stays where it is")
        else:
            yield Finding("block", about, seen, OVERLAP, "remove it there, or renumber it")


def _of_routes(case: Case) -> Iterator[Finding]:
    nic, lan = case.params.interface, str(case.params.ipv4.network)
    for row in main_routes(case.snapshot):
        if row.dst == lan and row.ifname != nic:
            yield Finding(
                "block",
                f"subnet {lan}",
                f"it is also routed through {row.ifname or row.type}",
                "libvirt does not start a network to which another interface has a route",
                f"remove that route first: ip route del {lan} dev {row.ifname}",
            )


def _of_networks(case: Case) -> Iterator[Finding]:
    lan = case.params.ipv4.network
    for row in case.snapshot.rows(NetworkRow):
        for held in (ip_interface(word) for word in row.addresses.split()):
            if isinstance(held, IPv4Interface) and held.network.overlaps(lan):
                yield Finding(
                    "block",
                    f"network {row.name}",
                    f"it has {held}, {'active' if row.active else 'not active now'}",
                    OVERLAP,
                    f"renumber it (virsh net-edit {row.name}), or remove it",
                )


RULES = (_ipv4, _claimed, _subnet)
