"""Gives each guest's tap the name that it had in an earlier snapshot.

libvirt numbers the device of each NIC anew whenever its guest starts (vnet0,
vnet1, ...): after a boot, or a guest's restart, another number stands for the
same NIC, and nothing of that was changed by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from runbook.state.addresses import AddressRow
from runbook.state.bridge_ports import BridgePortRow
from runbook.state.guests import TapRow
from runbook.state.links import LinkRow
from runbook.state.neighbours import NeighbourRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

# Prefixes that libvirt keeps for itself: a device asked for by such a name is numbered all the
# same (https://libvirt.org/formatdomain.html, overriding the target element).
_NUMBERED = re.compile(r"(?:vnet|vif|macvtap|macvlan)\d+")


def named_as(before: Snapshot, after: Snapshot) -> Snapshot:
    """`after`, each NIC's device called what it was called `before`.

    A name that something else has by now is left as it is, and so differs.
    """
    names = _renamed(before, after)

    def renamed(cell: str) -> str:
        # A cell may be a device, or name it within a kernel parameter or a VLAN.
        return ".".join(names.get(part, part) for part in cell.split("."))

    return _named(after, renamed) if names else after


def _named(snapshot: Snapshot, to: Callable[[str], str]) -> Snapshot:
    links = (
        r._replace(ifname=to(r.ifname), master=to(r.master), lower=to(r.lower))
        for r in snapshot.rows(LinkRow)
    )
    ports = (r._replace(port=to(r.port)) for r in snapshot.rows(BridgePortRow))
    addresses = (
        r._replace(ifname=to(r.ifname), label=to(r.label)) for r in snapshot.rows(AddressRow)
    )
    routes = (r._replace(ifname=to(r.ifname)) for r in snapshot.rows(RouteRow))
    neighbours = (r._replace(ifname=to(r.ifname)) for r in snapshot.rows(NeighbourRow))
    sysctl = (r._replace(name=to(r.name)) for r in snapshot.rows(SysctlRow))
    taps = (r._replace(target=to(r.target)) for r in snapshot.rows(TapRow))
    return (
        snapshot.having(LinkRow, links)
        .having(BridgePortRow, ports)
        .having(AddressRow, addresses)
        .having(RouteRow, routes)
        .having(NeighbourRow, neighbours)
        .having(SysctlRow, sysctl)
        .having(TapRow, taps)
    )


def _renamed(before: Snapshot, after: Snapshot) -> dict[str, str]:
    was, now = _devices(before), _devices(after)
    moved = {now[nic]: was[nic] for nic in now if nic in was and now[nic] != was[nic]}
    others = {row.ifname for row in after.rows(LinkRow)} - set(moved)
    return {new: old for new, old in moved.items() if old not in others}


def _devices(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """The numbered device of each NIC, by guest and MAC."""
    return {
        (row.guest, row.mac): row.target
        for row in snapshot.rows(TapRow)
        if _NUMBERED.fullmatch(row.target)
    }
