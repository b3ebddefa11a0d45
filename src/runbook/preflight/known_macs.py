"""Signs that a switch port may admit only MACs that its owner knows.

At a hoster a frame from another MAC is dropped, or the server is blocked.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Address, ip_network

from runbook.plan.routed.facts import addresses_on, default_routes
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow, contents
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import physical, stanzas

# RFC 1918, and for IPv6 RFC 4193.
PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
PRIVATE6 = ip_network("fc00::/7")
HOST_ROUTE = 32


def signs(snapshot: Snapshot, nic: str) -> Iterator[str]:
    """What of the NIC's addresses and routes is usual where somebody else owns the switch."""
    addresses = addresses_on(snapshot, nic)
    for row in addresses:
        if not any(IPv4Interface(row.address).ip in network for network in PRIVATE):
            yield f"{row.address} is a public address"
        if row.prefixlen == HOST_ROUTE or row.peer:
            yield f"{row.address} is a point-to-point address"
    for row in snapshot.rows(AddressRow):
        if (row.family, row.ifname, row.scope) == ("inet6", nic, "global") and (
            IPv6Address(row.address) not in PRIVATE6
        ):
            yield f"{row.address} is a public address"
    yield from _of_802_1x(snapshot, nic)
    networks = [IPv4Interface(f"{row.address}/{row.prefixlen}").network for row in addresses]
    for route in default_routes(snapshot):
        if route.ifname == nic and route.gateway and ":" not in route.gateway:
            gateway = IPv4Interface(route.gateway).ip
            if not any(gateway in network for network in networks):
                yield f"the gateway {gateway} is in no network of {nic}"


def _of_802_1x(snapshot: Snapshot, nic: str) -> Iterator[str]:
    """Stanzas of a NIC with a cable by which it logs in to its switch."""
    for stanza in stanzas(contents(snapshot.rows(FileRow))):
        words = [word for word, _ in stanza.options if word.startswith("wpa-")]
        if words and physical(stanza.name) == nic:
            yield f"by {words[0]} in {stanza.path} the switch admits the NIC's MAC (802.1X)"
