"""The host's wiring as a promise will have it: links, ports, addresses, routes. Pure.

For a drawing before anything is made. Verification never looks at it: it holds the
promise against what the kernel says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from runbook.plan.promise.host import MAIN, Promise
from runbook.state import addresses, bridge_ports, links, routes
from runbook.state.snapshot import Snapshot
from runbook.state.table import Row, frame, records

FORWARDING, PORT_COST = "forwarding", 2


def wired(promise: Promise, seen: Snapshot) -> Snapshot:
    """The snapshot, with the interface a port of the bridge, and all that it held on the bridge."""
    return replace(
        seen,
        links=_framed(links, _links(promise, seen)),
        bridge_ports=_framed(bridge_ports, _ports(promise, seen)),
        addresses=_framed(addresses, [_moved(promise, row) for row in records(seen.addresses)]),
        routes=_framed(routes, [_moved(promise, row) for row in _kept(seen.routes)]),
    )


def _links(promise: Promise, seen: Snapshot) -> list[Row]:
    there = [row for row in records(seen.links) if row["ifname"] != promise.bridge]
    (nic,) = [row for row in there if row["ifname"] == promise.nic]
    made = {
        **nic,
        "ifname": promise.bridge,
        "ifindex": 1 + max(int(row["ifindex"]) for row in there),
        "kind": "bridge",
        "mac": promise.mac,
        "master": "",
        "lower": "",
        "stp": int(promise.stp),
        "forward_delay_s": 0.0,
    }
    return [*({**row, "master": _master(promise, row)} for row in there), made]


def _master(promise: Promise, row: Row) -> str:
    return promise.bridge if row["ifname"] == promise.nic else str(row["master"])


def _ports(promise: Promise, seen: Snapshot) -> list[Row]:
    there = [row for row in records(seen.bridge_ports) if row["port"] != promise.nic]
    port = {"bridge": promise.bridge, "port": promise.nic}
    return [*there, {**port, "state": FORWARDING, "path_cost": PORT_COST}]


def _moved(promise: Promise, row: Row) -> Row:
    return {**row, "ifname": promise.bridge} if row["ifname"] == promise.nic else row


def _kept(frame_: pd.DataFrame) -> list[Row]:
    """The routes that a person thinks of; the kernel makes the rest anew."""
    return [row for row in records(frame_) if row["table"] == MAIN]


def _framed(table: Any, found: list[Row]) -> pd.DataFrame:  # noqa: ANN401 - a module of state/
    cells = [tuple(row[name] for name in table.COLUMNS) for row in found]
    return frame(table.COLUMNS, table.KEY, cells)
