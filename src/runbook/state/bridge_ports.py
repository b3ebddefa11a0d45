"""Ports of bridges and the state each is in, from the same dump as the links."""

from __future__ import annotations

from typing import Any

import pandas as pd

from runbook.state import netlink
from runbook.state.table import Table, frame, understood
from runbook.transport.host import Reader

COLUMNS = {
    "bridge": ("str", "the bridge's name"),
    "port": ("str", "the interface that is its port"),
    "state": ("str", "disabled, listening, learning, forwarding or blocking"),
    "path_cost": ("int64", "STP path cost"),
}
KEY = ("bridge", "port")
STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


def parse(raw: bytes) -> pd.DataFrame:
    """One row a port, from the raw link dump."""
    links = list(netlink.messages(raw))
    names = {message["index"]: attrs["IFLA_IFNAME"] for message, attrs in links}
    rows = [_row(attrs, names) for _, attrs in links if _slave(attrs) == "bridge"]
    return frame(COLUMNS, KEY, rows)


def _slave(attrs: dict[str, Any]) -> str:
    info = netlink.attributes(attrs.get("IFLA_LINKINFO") or {})
    return str(info.get("IFLA_INFO_SLAVE_KIND", ""))


def _row(attrs: dict[str, Any], names: dict[int, str]) -> tuple[object, ...]:
    info = netlink.attributes(attrs["IFLA_LINKINFO"])
    data = netlink.attributes(info.get("IFLA_INFO_SLAVE_DATA") or {})
    state = STATES[data["IFLA_BRPORT_STATE"]]
    master = names.get(attrs.get("IFLA_MASTER", 0), "")
    return (master, attrs["IFLA_IFNAME"], state, data.get("IFLA_BRPORT_COST", 0))


@understood
def read(host: Reader) -> pd.DataFrame:
    """Ask the kernel."""
    return parse(host.dump(netlink.request(netlink.RTM_GETLINK)))


TABLE = Table("bridge_ports", COLUMNS, KEY, read)
