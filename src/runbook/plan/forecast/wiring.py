"""The host's wiring as a promise will have it: links, ports, addresses, routes. Pure.

For a drawing before anything is made. Verification never looks at it: it holds the
promise against what the kernel says.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.changes.messages import MAIN_TABLE
from runbook.plan.promise.attached import AttachedPromise
from runbook.plan.promise.host import Promise
from runbook.state.addresses import AddressRow
from runbook.state.bridge_ports import BridgePortRow
from runbook.state.links import LinkRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot

FORWARDING, PORT_COST = "forwarding", 2


def wired(promise: Promise, snapshot: Snapshot) -> Snapshot:
    """The snapshot with the NIC as port of the bridge, and the NIC's addresses on the bridge."""
    if isinstance(promise, AttachedPromise):
        return snapshot
    return (
        snapshot.having(LinkRow, _links(promise, snapshot))
        .having(BridgePortRow, _ports(promise, snapshot))
        .having(
            AddressRow,
            (r._replace(ifname=_moved(promise, r.ifname)) for r in snapshot.rows(AddressRow)),
        )
        .having(RouteRow, _routes(promise, snapshot))
    )


def _links(promise: Promise, snapshot: Snapshot) -> Iterator[LinkRow]:
    there = [row for row in snapshot.rows(LinkRow) if row.ifname != promise.bridge]
    (nic,) = (row for row in there if row.ifname == promise.nic)
    yield nic._replace(
        ifname=promise.bridge,
        ifindex=1 + max(row.ifindex for row in there),
        kind="bridge",
        mac=promise.mac,
        master="",
        lower="",
        stp=int(promise.stp),
        forward_delay_s=0.0,
    )
    for row in there:
        passes = row is nic or (promise.adopted and row.master == promise.adopted)
        yield row._replace(master=promise.bridge) if passes else row


def _ports(promise: Promise, snapshot: Snapshot) -> Iterator[BridgePortRow]:
    for row in snapshot.rows(BridgePortRow):
        if row.port != promise.nic:
            passes = promise.adopted and row.bridge == promise.adopted
            yield row._replace(bridge=promise.bridge) if passes else row
    yield BridgePortRow(promise.bridge, promise.nic, FORWARDING, PORT_COST)


def _routes(promise: Promise, snapshot: Snapshot) -> Iterator[RouteRow]:
    """The routes that a person thinks of; the kernel makes the rest anew."""
    for row in snapshot.rows(RouteRow):
        if row.table == MAIN_TABLE:
            yield _way_out(promise, row)._replace(ifname=_moved(promise, row.ifname))


def _way_out(promise: Promise, row: RouteRow) -> RouteRow:
    """The NIC's default route with the gateway that is promised."""
    mine = (row.family, row.dst, row.ifname) == ("inet", "default", promise.holder)
    return row._replace(gateway=promise.gateway) if mine and row.gateway else row


def _moved(promise: Promise, ifname: str) -> str:
    return promise.bridge if ifname == promise.holder else ifname
