"""IPv4 and IPv6 addresses, read with RTM_GETADDR."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from pyroute2.netlink.rtnl import rt_scope

from runbook.state import netlink
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import Reader


class AddressRow(NamedTuple):
    """One address of an interface."""

    ifname: Annotated[str, "the interface that holds it"]
    family: Annotated[str, "inet or inet6"]
    address: Annotated[str, "the address alone"]
    prefixlen: Annotated[int, "bits of its network"]
    broadcast: Annotated[str, "broadcast address, or ''"]
    scope: Annotated[str, "global, link or host"]
    label: Annotated[str, "IPv4 label, as a rule the interface's name"]
    flags: Annotated[str, "sorted words: permanent, secondary, noprefixroute, deprecated, ..."]
    valid_lft_s: Annotated[int | None, "seconds until it goes; missing: never"]
    preferred_lft_s: Annotated[int | None, "seconds until it is deprecated; missing: never"]
    peer: Annotated[str, "the far end of a point-to-point address, or ''"] = ""


KEY = ("ifname", "family", "address", "prefixlen")
VOLATILE = ("valid_lft_s", "preferred_lft_s")
FLAGS = {
    0x01: "secondary",
    0x02: "nodad",
    0x04: "optimistic",
    0x08: "dadfailed",
    0x20: "deprecated",
    0x40: "tentative",
    0x80: "permanent",
    0x100: "mngtmpaddr",
    0x200: "noprefixroute",
}
FOREVER = 0xFFFFFFFF


def parse(raw: bytes, names: dict[int, str]) -> tuple[AddressRow, ...]:
    """One row an address, from the raw dump; `names` maps ifindex to ifname."""
    rows = [_row(message, attrs, names) for message, attrs in netlink.messages(raw)]
    return ordered(rows, KEY)


def _row(message: Any, attrs: dict[str, Any], names: dict[int, str]) -> AddressRow:  # noqa: ANN401
    flags = attrs.get("IFA_FLAGS", message["flags"])
    life = attrs.get("IFA_CACHEINFO") or {}
    # On a point-to-point link IFA_ADDRESS is the far end.
    far = attrs.get("IFA_ADDRESS", "")
    local = attrs.get("IFA_LOCAL", far)
    scope = str(rt_scope.get(message["scope"], message["scope"]))
    return AddressRow(
        names.get(message["index"], f"if{message['index']}"),
        netlink.FAMILIES[message["family"]],
        local,
        message["prefixlen"],
        attrs.get("IFA_BROADCAST", ""),
        "global" if scope == "universe" else scope,
        attrs.get("IFA_LABEL", ""),
        " ".join(sorted(word for bit, word in FLAGS.items() if flags & bit)),
        _life(life.get("ifa_valid", FOREVER)),
        _life(life.get("ifa_preferred", FOREVER)),
        far if far != local else "",
    )


def _life(seconds: int) -> int | None:
    return None if seconds == FOREVER else seconds


@understood
def read(host: Reader) -> tuple[AddressRow, ...]:
    """Ask the kernel."""
    names = netlink.interface_names(host)
    return parse(host.dump(netlink.request(netlink.RTM_GETADDR)), names)


TABLE = Table("addresses", AddressRow, KEY, read, VOLATILE)
