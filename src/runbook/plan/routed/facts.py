"""What the plan needs to know of the host, picked out of a snapshot and typed.

Each function finds exactly one thing, or says which parameter is wrong and
what the host has instead.
"""

from __future__ import annotations

from ipaddress import IPv4Interface
from typing import Any

import pandas as pd

from runbook.common.errors import ParameterError, Refused
from runbook.plan.changes.messages import DEFAULT6, MAIN_TABLE, MEDIUM, Action, Address, Route
from runbook.state.snapshot import Snapshot
from runbook.state.table import Row, rows

NOT_NICS = frozenset({"bridge", "tun", "dummy", "ifb", "sit", "gre", "vxlan", "wireguard"})


def nic_names(seen: Snapshot) -> tuple[str, ...]:
    """Interfaces an operator could mean, in name order."""
    links = rows(seen.links)
    names = (r["ifname"] for r in links if r["kind"] not in NOT_NICS and r["ifname"] != "lo")
    return tuple(sorted(str(name) for name in names))


def nic_row(seen: Snapshot, nic: str) -> Row:
    """The NIC's row in the links table."""
    for row in rows(seen.links, ifname=nic):
        return row
    raise ParameterError(
        "interface",
        nic,
        f"{seen.host} has no interface of that name",
        f"choose one of: {', '.join(nic_names(seen)) or 'none found'}",
    )


def nic_address(seen: Snapshot, nic: str, wanted: IPv4Interface) -> Address:
    """The address as it sits on the NIC, with all that is needed to put it back."""
    held = rows(seen.addresses, family="inet", ifname=nic)
    for row in held:
        if row["address"] == str(wanted.ip) and row["prefixlen"] == wanted.network.prefixlen:
            return address(row)
    shown = ", ".join(f"{r['address']}/{r['prefixlen']}" for r in held) or "no IPv4 address"
    raise ParameterError(
        "address",
        str(wanted),
        f"it is not on {nic} of {seen.host}, which holds {shown}",
        "give the address as the host holds it now; the change moves it, it does not alter it",
    )


def address(row: Row) -> Address:
    """A row of the addresses table as a message, to be taken away."""
    preferred = row["preferred_lft_s"]
    flags = str(row["flags"]).split()
    return Address(
        Action.DELETE,
        str(row["ifname"]),
        str(row["address"]),
        int(row["prefixlen"]),
        broadcast=str(row["broadcast"]),
        label=str(row["label"]),
        noprefixroute="noprefixroute" in flags,
        valid_lft_s=_number(row["valid_lft_s"]),
        preferred_lft_s=_number(preferred),
        nodad="nodad" in flags,
        mngtmpaddr="mngtmpaddr" in flags,
        deprecated=row["family"] == "inet6" and not pd.isna(preferred) and preferred == 0,
    )


def _number(cell: Any) -> int:  # noqa: ANN401 - a nullable cell
    return 0 if pd.isna(cell) else int(cell)


def route(row: Row) -> Route:
    """A row of the routes table as a message."""
    default6 = row["family"] == "inet6" and row["dst"] == "default"
    return Route(
        Action.ENSURE,
        DEFAULT6 if default6 else str(row["dst"]),
        str(row["ifname"]),
        gateway=str(row["gateway"]),
        prefsrc=str(row["prefsrc"]),
        table=int(row["table"]),
        protocol=str(row["protocol"]),
        scope=str(row["scope"]),
        metric=int(row["metric"]),
        tos=int(row["tos"]),
        onlink=bool(row["onlink"]),
        mtu=_number(row["mtu"]),
        expires_s=_number(row["expires_s"]),
        pref=str(row["pref"]) or MEDIUM,
    )


def connected_route(seen: Snapshot, nic: str, address: IPv4Interface) -> Route:
    """The NIC's route to its own network."""
    network = str(address.network)
    found = rows(seen.routes, family="inet", table=MAIN_TABLE, ifname=nic, dst=network, gateway="")
    if len(found) != 1:
        raise Refused(
            f"{seen.host} has {len(found)} routes to {network} on {nic}; the change needs one",
            host=seen.host,
            state="nothing was written",
            then=f"look at `ip route show dev {nic}` and bring it to one connected route",
        )
    return route(found[0])


def moved_routes(seen: Snapshot, nic: str, connected: Route) -> tuple[Route, ...]:
    """Every other IPv4 unicast route through the NIC, in any table."""
    found = rows(seen.routes, family="inet", ifname=nic, type="unicast")
    routes = tuple(route(row) for row in found)
    return tuple(r for r in routes if not _same(r, connected))


def default_metric(seen: Snapshot, *ifnames: str) -> int:
    """The metric of the default route through the first of these that has one; 0 without any."""
    for ifname in ifnames:
        for row in rows(seen.routes, family="inet", table=MAIN_TABLE, dst="default", ifname=ifname):
            return int(row["metric"])
    return 0


def _same(left: Route, right: Route) -> bool:
    return (left.dst, left.table, left.gateway) == (right.dst, right.table, right.gateway)
