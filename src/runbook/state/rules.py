"""Policy routing rules, read with RTM_GETRULE."""

from __future__ import annotations

from socket import inet_ntop
from struct import Struct
from typing import Annotated, NamedTuple

from runbook.state import netlink
from runbook.state.netlink import FAMILIES, Attributes, number, text
from runbook.state.table import Table, ordered, understood
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


# linux/fib_rules.h; of struct fib_rule_hdr it is all but two reserved bytes and the TOS.
FRA_DST, FRA_SRC, FRA_IIFNAME, FRA_PRIORITY, FRA_FWMARK = 1, 2, 3, 6, 10
FRA_TABLE, FRA_FWMASK, FRA_OIFNAME = 15, 16, 17
_HEAD = Struct("=BBBxBxxBI")


def parse(raw: bytes) -> tuple[RuleRow, ...]:
    """One row a rule, from the raw dumps."""
    found = netlink.messages(raw, _HEAD.size)
    return ordered([_row(head, attrs) for head, attrs in found if head[0] in FAMILIES], KEY)


def _row(head: bytes, attrs: Attributes) -> RuleRow:
    family, to_bits, from_bits, table, action, flags = _HEAD.unpack(head)
    return RuleRow(
        FAMILIES[family],
        number(attrs.get(FRA_PRIORITY, b"")),
        _prefix(family, attrs.get(FRA_SRC), from_bits),
        _prefix(family, attrs.get(FRA_DST), to_bits),
        text(attrs.get(FRA_IIFNAME, b"")),
        text(attrs.get(FRA_OIFNAME, b"")),
        _mark(attrs.get(FRA_FWMARK), attrs.get(FRA_FWMASK)),
        ACTIONS.get(action, str(action)),
        number(attrs[FRA_TABLE]) if FRA_TABLE in attrs else table,
        bool(flags & FIB_RULE_INVERT),
    )


def _mark(mark: bytes | None, mask: bytes | None) -> str:
    if mark is None:
        return ""
    of, within = number(mark), WHOLE_MASK if mask is None else number(mask)
    return hex(of) if within == WHOLE_MASK else f"{of:#x}/{within:#x}"


def _prefix(family: int, address: bytes | None, bits: int) -> str:
    return f"{inet_ntop(family, address)}/{bits}" if address else "all"


@understood
def read(host: Reader) -> tuple[RuleRow, ...]:
    """Ask the kernel, once a family: AF_UNSPEC would bring multicast rules too."""
    requests = (netlink.request(netlink.RTM_GETRULE, family) for family in FAMILIES)
    return parse(b"".join(host.dump(request) for request in requests))


TABLE = Table("rules", RuleRow, KEY, read)
