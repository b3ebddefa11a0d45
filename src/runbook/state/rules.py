"""Policy routing rules, read with RTM_GETRULE."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from runbook.state import netlink
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


def parse(raw: bytes) -> tuple[RuleRow, ...]:
    """One row a rule, from the raw dumps."""
    pairs = (pair for pair in netlink.messages(raw) if pair[0]["family"] in netlink.FAMILIES)
    return ordered([_row(message, attrs) for message, attrs in pairs], KEY)


def _row(message: Any, attrs: dict[str, Any]) -> RuleRow:  # noqa: ANN401 - untyped library
    return RuleRow(
        netlink.FAMILIES[message["family"]],
        attrs.get("FRA_PRIORITY", 0),
        _prefix(attrs.get("FRA_SRC"), message["src_len"]),
        _prefix(attrs.get("FRA_DST"), message["dst_len"]),
        attrs.get("FRA_IIFNAME", ""),
        attrs.get("FRA_OIFNAME", ""),
        _mark(attrs.get("FRA_FWMARK"), attrs.get("FRA_FWMASK", WHOLE_MASK)),
        ACTIONS.get(message["action"], str(message["action"])),
        attrs.get("FRA_TABLE", message["table"]),
        bool(message["flags"] & FIB_RULE_INVERT),
    )


def _mark(mark: int | None, mask: int) -> str:
    if mark is None:
        return ""
    return hex(mark) if mask == WHOLE_MASK else f"{mark:#x}/{mask:#x}"


def _prefix(address: str | None, length: int) -> str:
    return f"{address}/{length}" if address else "all"


@understood
def read(host: Reader) -> tuple[RuleRow, ...]:
    """Ask the kernel, once a family: AF_UNSPEC would bring multicast rules too."""
    requests = (netlink.request(netlink.RTM_GETRULE, family) for family in netlink.FAMILIES)
    return parse(b"".join(host.dump(request) for request in requests))


TABLE = Table("rules", RuleRow, KEY, read)
