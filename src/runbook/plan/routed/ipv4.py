"""The NIC's IPv4 addresses beside the one that libvirt puts on the bridge.

They come onto the bridge in the cutover's datagram, and libvirt's hook brings them back at each
start of the network. On a host that is as promised already they are those that its hook has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network, ip_interface

from runbook.common.errors import Refused
from runbook.params import Params
from runbook.plan.changes.messages import KERNEL, Address, Route
from runbook.plan.changes.network_hook6 import comes_back
from runbook.plan.promise.host import HOST_ROUTE
from runbook.plan.routed import facts
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot

# The kernel's IFNAMSIZ without the closing zero byte; a label is as long as a name.
_LONGEST_LABEL = 15
SECONDARY = "secondary"
_PLAIN_LABEL = re.compile(r"[A-Za-z0-9_.:@%+=,/-]*")


def others(params: Params, snapshot: Snapshot) -> tuple[Address, ...]:
    """Each as the NIC holds it, to be taken away; an address that others follow comes first."""
    if facts.holds(snapshot, params.bridge, params.ipv4):
        return ()
    return tuple(map(facts.as_delete_message, _rows(params, snapshot, params.holder)))


def refuse_odd_labels(params: Params, snapshot: Snapshot) -> None:
    """Refuse a label that a line of `ip -batch` cannot say: the undo puts it back by one."""
    for row in facts.addresses_on(snapshot, params.holder):
        if not _PLAIN_LABEL.fullmatch(row.label):
            address = f"{row.address}/{row.prefixlen}"
            raise Refused(
                f"the label {row.label!r} of {address} on {params.holder} has characters that"
                " an undo cannot write",
                host=snapshot.host,
                then=f"give it another: ip address del {address} dev {params.holder}, then add"
                f" it with a label such as {params.holder}:1",
            )


def promised(params: Params, snapshot: Snapshot) -> tuple[Address, ...]:
    """Each as the bridge will hold it."""
    bridge = params.bridge
    if not facts.holds(snapshot, bridge, params.ipv4):
        return tuple(on_bridge(address, bridge) for address in others(params, snapshot))
    hook = snapshot.find(FileRow, facts.hook_file(snapshot, params.network))
    lines = {line.strip() for line in hook.content.splitlines()} if hook else set()
    there = map(facts.as_delete_message, _rows(params, snapshot, bridge))
    back = (on_bridge(address, bridge) for address in there)
    return tuple(address for address in back if comes_back(address) in lines)


def _rows(params: Params, snapshot: Snapshot, ifname: str) -> list[AddressRow]:
    main = (str(params.ipv4.ip), params.ipv4.network.prefixlen)
    addresses = facts.addresses_on(snapshot, ifname)
    found = [row for row in addresses if (row.address, row.prefixlen) != main]
    return sorted(found, key=lambda row: SECONDARY in row.flags.split())


def on_bridge(address: Address, bridge: str) -> Address:
    """The address as the bridge holds it; a lease's end is not carried, for nobody renews it."""
    label = address.label.replace(address.ifname, bridge, 1)
    fits = label.startswith(f"{bridge}:") and len(label) <= _LONGEST_LABEL
    return replace(address.lasting(), ifname=bridge, label=label if fits else "")


def connected(addresses: tuple[Address, ...], snapshot: Snapshot, nic: str) -> tuple[Route, ...]:
    """The routes of the NIC that the kernel made with these addresses."""
    made = {(network(a), a.address) for a in addresses if not a.noprefixroute}
    return tuple(
        facts.as_route_message(row)
        for row in facts.main_routes(snapshot)
        if (row.ifname, row.protocol, row.gateway, row.metric) == (nic, KERNEL, "", 0)
        and (row.dst, row.prefsrc) in made
    )


def network(address: Address) -> str:
    """The network that the address makes a route to."""
    return str(ip_interface(f"{address.peer or address.address}/{address.prefixlen}").network)


def subnets(params: Params, snapshot: Snapshot) -> Iterator[IPv4Network]:
    """The subnet of each further address of the NIC."""
    for row in _rows(params, snapshot, params.holder):
        if row.prefixlen != HOST_ROUTE:
            yield IPv4Interface(f"{row.address}/{row.prefixlen}").network


def point_to_point(address: IPv4Interface) -> bool:
    """Whether the address has no subnet: the gateway is beyond it."""
    return address.network.prefixlen == HOST_ROUTE
