"""The ARP and NDP tables, read with RTM_GETNEIGH. Layout: linux/neighbour.h, struct ndmsg."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from operator import itemgetter
from socket import inet_ntop
from typing import Annotated, NamedTuple

from runbook.state import netlink
from runbook.state.batches import Batch, batches, each
from runbook.state.table import Table, made, ordered, understood
from runbook.transport.host import Reader


class NeighbourRow(NamedTuple):
    """One entry of the ARP or NDP table."""

    family: Annotated[str, "inet (ARP) or inet6 (NDP)"]
    ifname: Annotated[str, "the interface the neighbour is on"]
    address: Annotated[str, "the neighbour's address"]
    mac: Annotated[str, "the MAC held for it, or '' when there is none"]
    state: Annotated[str, "REACHABLE, STALE, DELAY, PROBE, FAILED, PERMANENT, ..."]


KEY = ("family", "ifname", "address")
VOLATILE = ("state",)
STATES = {
    0x01: "INCOMPLETE",
    0x02: "REACHABLE",
    0x04: "STALE",
    0x08: "DELAY",
    0x10: "PROBE",
    0x20: "FAILED",
    0x80: "PERMANENT",
}
NUD_NOARP = 0x40
RTM_NEWNEIGH, DST, LLADDR = 28, 1, 2
# Bytes of struct ndmsg.
_NDMSG = 12


def parse(raw: bytes, names: dict[int, str]) -> tuple[NeighbourRow, ...]:
    """One row a neighbour, from the raw dump; entries that need no ARP are left out."""
    rows = [row for batch in batches(raw, RTM_NEWNEIGH, _NDMSG) for row in _rows(batch, names)]
    # The last of those with the same key; most tables have no address twice.
    if len(set(map(itemgetter(2), rows))) < len(rows):
        rows = list(dict(zip(map(itemgetter(0, 1, 2), rows), rows, strict=True)).values())
    return ordered(rows, KEY)


def _rows(batch: Batch, names: dict[int, str]) -> Iterator[NeighbourRow]:
    family, states = batch.family, batch.fields(8, "=u2")
    if family not in netlink.FAMILIES:
        return
    cells = (
        [netlink.FAMILIES[family]] * len(batch),
        each(batch.fields(4, "=i4"), lambda index: names.get(index, f"if{index}")),
        each(batch.values(DST), lambda value: inet_ntop(family, value) if value else ""),
        each(batch.values(LLADDR), lambda value: value.hex(":") if value else ""),
        each(states, lambda state: STATES.get(state, "NONE")),
    )
    yield from compress(
        made(NeighbourRow, cells), each(states, lambda state: not state & NUD_NOARP)
    )


@understood
def read(host: Reader) -> tuple[NeighbourRow, ...]:
    """Ask the kernel."""
    names = netlink.interface_names(host)
    return parse(host.dump(netlink.request(netlink.RTM_GETNEIGH)), names)


TABLE = Table("neighbours", NeighbourRow, KEY, read, VOLATILE, ephemeral=True)
