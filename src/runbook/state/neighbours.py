"""The ARP and NDP tables, read with RTM_GETNEIGH. Layout: linux/neighbour.h, struct ndmsg."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Annotated, NamedTuple

from runbook.state import netlink
from runbook.state.address_texts import addresses, in_text_order
from runbook.state.batches import Batch, batches, joined
from runbook.state.table import Table, ordered_columns, understood
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
    found = batches(raw, RTM_NEWNEIGH, _NDMSG)
    known = (_known(batch) for batch in found if batch.family in netlink.FAMILIES)
    cells = joined(_columns(batch, names) for batch in known if len(batch))
    rows = ordered_columns(NeighbourRow, cells, KEY)
    # The last of those with the same key; most tables have no address twice.
    if len(set(map(itemgetter(2), rows))) < len(rows):
        rows = tuple({row[:3]: row for row in rows}.values())
    return rows


def _known(batch: Batch) -> Batch:
    return in_text_order(batch.only((batch.numbers(8, "=u2") & NUD_NOARP) == 0), DST)


def _columns(batch: Batch, names: dict[int, str]) -> Iterator[list[str]]:
    yield [netlink.FAMILIES[batch.family]] * len(batch)
    yield batch.each_number(4, "=i4", lambda index: names.get(index, f"if{index}"))
    yield _addresses(batch)
    yield batch.each(LLADDR, lambda value: value.hex(":") if value else "")
    yield batch.each_number(8, "=u2", lambda state: STATES.get(state, "NONE"))


def _addresses(batch: Batch) -> list[str]:
    if batch.has(DST) and (cells := batch.cells(DST)).size:
        return addresses(batch.family, cells)
    return [""] * len(batch)


@understood
def read(host: Reader) -> tuple[NeighbourRow, ...]:
    """Ask the kernel."""
    names = netlink.interface_names(host)
    return parse(host.dump(netlink.request(netlink.RTM_GETNEIGH)), names)


TABLE = Table("neighbours", NeighbourRow, KEY, read, VOLATILE, ephemeral=True)
