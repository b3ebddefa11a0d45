"""The interfaces that a change could be about, and what each would bring along."""

from __future__ import annotations

import pandas as pd

from runbook.plan.changes.messages import MAIN_TABLE
from runbook.plan.routed.facts import nic_names
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import Snapshot
from runbook.state.table import Row, rows

COLUMNS = {
    "interface": ("str", "its name"),
    "mac": ("str", "its MAC address"),
    "driver": ("str", "its driver, or the kind of a virtual one; '' where that is not known"),
    "speed": ("str", "e.g. '1000 Mb/s', or ''"),
    "carrier": ("str", "'carrier', 'no carrier', or 'down' where it is switched off"),
    "addresses": ("str", "its IPv4 addresses with their prefix lengths"),
    "master": ("str", "the bridge or bond that it is part of, or ''"),
    "this connection": ("bool", "the operator's own connection comes in by it"),
}


def nics(
    seen: Snapshot, ports: pd.DataFrame | None = None, own: Connection | None = None
) -> pd.DataFrame:
    """One row an interface, with `COLUMNS`; `ports` is the table of `state.ports`."""
    known = {} if ports is None else {str(row["ifname"]): row for row in rows(ports)}
    carrying = carries(seen, own)
    links = {str(row["ifname"]): row for row in rows(seen.links)}
    told = [
        (
            name,
            str(links[name]["mac"]),
            _driver(known.get(name), links[name]),
            _speed(known[name]["speed_mbps"]) if name in known else "",
            _carrier(up=bool(links[name]["up"]), carrier=bool(links[name]["carrier"])),
            " ".join(held(seen, name)),
            str(links[name]["master"]),
            name == carrying,
        )
        for name in nic_names(seen)
    ]
    return pd.DataFrame(told, columns=list(COLUMNS))


def held(seen: Snapshot, nic: str) -> list[str]:
    """The IPv4 addresses on an interface, each with its prefix length."""
    found = rows(seen.addresses, ifname=nic, family="inet")
    return [f"{row['address']}/{row['prefixlen']}" for row in found]


def gateways(seen: Snapshot, nic: str) -> list[str]:
    """Where the default routes through an interface lead, the preferred one first."""
    found = rows(seen.routes, family="inet", table=MAIN_TABLE, dst="default", ifname=nic)
    ordered = sorted(found, key=lambda row: int(row["metric"]))
    return list(dict.fromkeys(str(row["gateway"]) for row in ordered if row["gateway"]))


def brought(seen: Snapshot, nic: str) -> dict[str, str]:
    """The parameters that follow from the choice of an interface; '' where it has none."""
    addresses, routers = held(seen, nic), gateways(seen, nic)
    found = {"address": addresses[0] if addresses else ""}
    return {**found, "gateway": routers[0]} if routers else found


def carries(seen: Snapshot, own: Connection | None) -> str:
    """The interface that holds the address the operator's connection came to, or ''."""
    if own is None:
        return ""
    found = rows(seen.addresses, address=own.server)
    return str(found[0]["ifname"]) if found else ""


def _driver(port: Row | None, link: Row) -> str:
    """What has no device of its own is known by its kind."""
    return str((port["driver"] if port else "") or link["kind"])


def _speed(mbps: object) -> str:
    return "" if pd.isna(mbps) else f"{mbps} Mb/s"  # type: ignore[call-overload]  # a nullable cell


def _carrier(*, up: bool, carrier: bool) -> str:
    if not up:
        return "down"
    return "carrier" if carrier else "no carrier"
