"""Policy routing rules, read with RTM_GETRULE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from runbook.state import netlink
from runbook.state.address_texts import prefixes
from runbook.state.batches import Batch, batches, joined
from runbook.state.netlink import FAMILIES, number, text
from runbook.state.table import Table, ordered_columns, understood
from runbook.transport.host import Reader


class RuleRow(NamedTuple):
    """One policy routing rule."""

    family: Annotated[str, "inet or inet6"]
    priority: Annotated[int, "the lower goes first"]
    src: Annotated[str, "source prefix, or 'all'"]
    dst: Annotated[str, "destination prefix, or 'all'"]
    iif: Annotated[str, "incoming interface, or ''"]
    oif: Annotated[str, "outgoing interface, or ''"]
    fwmark: Annotated[str, "mark, or mark/mask, in hexadecimal, or ''"]
    action: Annotated[str, "lookup, unreachable, blackhole, prohibit, goto or nop"]
    table: Annotated[int, "the routing table it looks in"]
    inverted: Annotated[bool, "it is for all but what it names (iproute2's `not`)"]


KEY = ("family", "priority", "src", "dst", "iif", "oif", "fwmark", "table", "inverted")
FIB_RULE_INVERT, WHOLE_MASK = 0x2, 0xFFFFFFFF
ACTIONS = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}


# linux/fib_rules.h.
RTM_NEWRULE, FRA_DST, FRA_SRC, FRA_IIFNAME, FRA_PRIORITY, FRA_FWMARK = 32, 1, 2, 3, 6, 10
FRA_TABLE, FRA_FWMASK, FRA_OIFNAME = 15, 16, 17
# Bytes of struct fib_rule_hdr.
_HEADER = 12


def parse(raw: bytes) -> tuple[RuleRow, ...]:
    """One row a rule, from the raw dumps."""
    found = (batch for batch in batches(raw, RTM_NEWRULE, _HEADER) if batch.family in FAMILIES)
    return ordered_columns(RuleRow, joined(map(_columns, found)), KEY)


def _columns(batch: Batch) -> Iterator[list[Any]]:
    yield [FAMILIES[batch.family]] * len(batch)
    yield batch.each(FRA_PRIORITY, number)
    yield _prefixes(batch, FRA_SRC, 2)
    yield _prefixes(batch, FRA_DST, 1)
    yield batch.each(FRA_IIFNAME, text)
    yield batch.each(FRA_OIFNAME, text)
    yield _marks(batch)
    yield batch.each_number(7, "u1", lambda action: ACTIONS.get(action, str(action)))
    yield _tables(batch)
    yield batch.each_number(8, "=u4", lambda flags: bool(flags & FIB_RULE_INVERT))


def _prefixes(batch: Batch, kind: int, bits: int) -> list[str]:
    """The prefix in an attribute; its length is so many bytes behind the header."""
    if batch.has(kind) and (cells := batch.cells(kind)).size:
        return prefixes(batch.family, cells, batch.numbers(bits, "u1"))
    return ["all"] * len(batch)


def _tables(batch: Batch) -> list[int]:
    if batch.has(FRA_TABLE):
        return batch.each(FRA_TABLE, number)
    return batch.each_number(4, "u1", int)


def _marks(batch: Batch) -> list[str]:
    if not batch.has(FRA_FWMARK):
        return [""] * len(batch)
    masks = batch.each(FRA_FWMASK, lambda value: WHOLE_MASK if value is None else number(value))
    return list(map(_mark, batch.each(FRA_FWMARK, number), masks))


def _mark(mark: int, mask: int) -> str:
    return hex(mark) if mask == WHOLE_MASK else f"{mark:#x}/{mask:#x}"


@understood
def read(host: Reader) -> tuple[RuleRow, ...]:
    """Ask the kernel, once a family: AF_UNSPEC would bring multicast rules too."""
    requests = (netlink.request(netlink.RTM_GETRULE, family) for family in FAMILIES)
    return parse(b"".join(host.dump(request) for request in requests))


TABLE = Table("rules", RuleRow, KEY, read)
