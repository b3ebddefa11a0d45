"""Ports of bridges and the state each is in, from the same dump as the links."""

from __future__ import annotations

from struct import Struct
from typing import Annotated, NamedTuple

from runbook.state.links import HEADER, IFLA_IFNAME, IFLA_LINKINFO, IFLA_MASTER
from runbook.state.netlink import (
    RTM_GETLINK,
    Attributes,
    attributes,
    messages,
    number,
    request,
    text,
)
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


# linux/if_link.h.
_IFINDEX = Struct("=4xi")
IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA = 4, 5
IFLA_BRPORT_STATE, IFLA_BRPORT_COST = 1, 3


def parse(raw: bytes) -> tuple[BridgePortRow, ...]:
    """One row a port, from the raw link dump."""
    found = list(messages(raw, HEADER))
    names = {_IFINDEX.unpack_from(head)[0]: text(attrs[IFLA_IFNAME]) for head, attrs in found}
    infos = ((attrs, attributes(attrs.get(IFLA_LINKINFO, b""))) for _, attrs in found)
    return ordered([_row(*pair, names) for pair in infos if _slave(pair[1]) == "bridge"], KEY)


def _slave(info: Attributes) -> str:
    return text(info.get(IFLA_INFO_SLAVE_KIND, b""))


def _row(attrs: Attributes, info: Attributes, names: dict[int, str]) -> BridgePortRow:
    data = attributes(info.get(IFLA_INFO_SLAVE_DATA, b""))
    state = STATES[number(data[IFLA_BRPORT_STATE])]
    bridge = names.get(number(attrs.get(IFLA_MASTER, b"")), "")
    cost = number(data.get(IFLA_BRPORT_COST, b""))
    return BridgePortRow(bridge, text(attrs[IFLA_IFNAME]), state, cost)


@understood
def read(host: Reader) -> tuple[BridgePortRow, ...]:
    """Ask the kernel."""
    return parse(host.dump(request(RTM_GETLINK)))


TABLE = Table("bridge_ports", BridgePortRow, KEY, read)
