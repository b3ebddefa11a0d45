"""Ports of bridges and the state each is in, from the same dump as the links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np

from runbook.state import netlink
from runbook.state.batches import Batch, batches, joined, within
from runbook.state.links import (
    IFINFOMSG,
    IFLA_IFNAME,
    IFLA_LINKINFO,
    IFLA_MASTER,
    RTM_NEWLINK,
)
from runbook.state.netlink import number, text
from runbook.state.table import Table, ordered_columns, understood
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
SLAVE_KIND, SLAVE_DATA = within(IFLA_LINKINFO, 4), within(IFLA_LINKINFO, 5)
STATE, COST = within(SLAVE_DATA, 1), within(SLAVE_DATA, 3)


def parse(raw: bytes) -> tuple[BridgePortRow, ...]:
    """One row a port, from the raw link dump."""
    names = netlink.names(raw)
    links = batches(raw, RTM_NEWLINK, IFINFOMSG)
    infos = (batch for link in links for batch in link.opened(IFLA_LINKINFO))
    ports = (batch for info in infos for batch in _ports(info).opened(SLAVE_DATA))
    cells = joined(_columns(batch, names) for batch in ports if len(batch))
    return ordered_columns(BridgePortRow, cells, KEY)


def _ports(batch: Batch) -> Batch:
    return batch.only(np.array(batch.each(SLAVE_KIND, _is_bridge)))


def _is_bridge(kind: bytes | None) -> bool:
    return text(kind) == "bridge"


def _columns(batch: Batch, names: dict[int, str]) -> Iterator[list[Any]]:
    yield batch.each(IFLA_MASTER, lambda value: names.get(number(value), ""))
    yield batch.each(IFLA_IFNAME, text)
    yield batch.each(STATE, _state)
    yield batch.each(COST, number)


def _state(value: bytes | None) -> str:
    if value is None:
        raise ValueError("the kernel does not say which state a port of a bridge is in")
    return STATES[number(value)]


@understood
def read(host: Reader) -> tuple[BridgePortRow, ...]:
    """Ask the kernel."""
    return parse(host.dump(netlink.request(netlink.RTM_GETLINK)))


TABLE = Table("bridge_ports", BridgePortRow, KEY, read)
