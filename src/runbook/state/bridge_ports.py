"""Ports of bridges and the state each is in, from the same dump as the links."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from runbook.state import netlink
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import Reader


class BridgePortRow(NamedTuple):
    """One port of a bridge."""

    bridge: Annotated[str, "the bridge's name"]
    port: Annotated[str, "the interface that is its port"]
    state: Annotated[str, "disabled, listening, learning, forwarding or blocking"]
    path_cost: Annotated[int, "STP path cost"]


KEY = ("bridge", "port")
STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


def parse(raw: bytes) -> tuple[BridgePortRow, ...]:
    """One row a port, from the raw link dump."""
    links = list(netlink.messages(raw))
    names = {message["index"]: attrs["IFLA_IFNAME"] for message, attrs in links}
    rows = [_row(attrs, names) for _, attrs in links if _slave(attrs) == "bridge"]
    return ordered(rows, KEY)


def _slave(attrs: dict[str, Any]) -> str:
    info = netlink.attributes(attrs.get("IFLA_LINKINFO") or {})
    return str(info.get("IFLA_INFO_SLAVE_KIND", ""))


def _row(attrs: dict[str, Any], names: dict[int, str]) -> BridgePortRow:
    info = netlink.attributes(attrs["IFLA_LINKINFO"])
    data = netlink.attributes(info.get("IFLA_INFO_SLAVE_DATA") or {})
    state = STATES[data["IFLA_BRPORT_STATE"]]
    master = names.get(attrs.get("IFLA_MASTER", 0), "")
    return BridgePortRow(master, attrs["IFLA_IFNAME"], state, data.get("IFLA_BRPORT_COST", 0))


@understood
def read(host: Reader) -> tuple[BridgePortRow, ...]:
    """Ask the kernel."""
    return parse(host.dump(netlink.request(netlink.RTM_GETLINK)))


TABLE = Table("bridge_ports", BridgePortRow, KEY, read)
