"""The ARP and NDP tables, read with RTM_GETNEIGH."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from runbook.state import netlink
from runbook.state.table import Table, ordered, understood
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


def parse(raw: bytes, names: dict[int, str]) -> tuple[NeighbourRow, ...]:
    """One row a neighbour, from the raw dump; entries that need no ARP are left out."""
    real = (pair for pair in netlink.messages(raw) if _real(pair[0]))
    rows = {row[:3]: row for row in (_row(m, attrs, names) for m, attrs in real)}
    return ordered(rows.values(), KEY)


def _real(message: Any) -> bool:  # noqa: ANN401 - untyped library
    return message["family"] in netlink.FAMILIES and not message["state"] & NUD_NOARP


def _row(message: Any, attrs: dict[str, Any], names: dict[int, str]) -> NeighbourRow:  # noqa: ANN401
    return NeighbourRow(
        netlink.FAMILIES[message["family"]],
        names.get(message["ifindex"], f"if{message['ifindex']}"),
        attrs.get("NDA_DST", ""),
        attrs.get("NDA_LLADDR", ""),
        STATES.get(message["state"], "NONE"),
    )


@understood
def read(host: Reader) -> tuple[NeighbourRow, ...]:
    """Ask the kernel."""
    names = netlink.interface_names(host)
    return parse(host.dump(netlink.request(netlink.RTM_GETNEIGH)), names)


TABLE = Table("neighbours", NeighbourRow, KEY, read, VOLATILE, ephemeral=True)
