"""Interfaces, read with RTM_GETLINK."""

from __future__ import annotations

from struct import Struct
from typing import Annotated, NamedTuple

from runbook.state.netlink import (
    RTM_GETLINK,
    Attributes,
    attributes,
    messages,
    number,
    places,
    request,
    text,
)
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import Reader


class LinkRow(NamedTuple):
    """One interface."""

    ifname: Annotated[str, "the interface's name"]
    ifindex: Annotated[int, "the kernel's number for it"]
    kind: Annotated[str, "iproute2's word (bridge, veth, tun, vlan, ...); '' for hardware"]
    mac: Annotated[str, "its MAC address, lower case"]
    mtu: Annotated[int, "bytes"]
    up: Annotated[bool, "IFF_UP: switched on by the administrator"]
    carrier: Annotated[bool, "IFF_LOWER_UP: the cable has a signal"]
    operstate: Annotated[str, "RFC 2863 state (up, down, unknown, ...)"]
    master: Annotated[str, "the bridge or bond it is part of, or ''"]
    lower: Annotated[str, "the interface it sits on top of (VLAN, macvtap), or ''"]
    stp: Annotated[int | None, "1 on, 0 off; missing if not a bridge"]
    forward_delay_s: Annotated[
        float | None, "seconds a new port listens, and again learns, under STP"
    ]
    bond_mode: Annotated[str, "iproute2's word (active-backup, 802.3ad, ...); '' if no bond"] = ""
    altnames: Annotated[str, "its other names (ip-link(8), altname), blank between, or ''"] = ""
    vlan_filtering: Annotated[str, "'on' for a bridge whose ports have VLANs of their own"] = ""
    own_mac: Annotated[str, "the MAC that the card came with, '' if the kernel does not say"] = ""


KEY = ("ifname",)
# An earlier version read neither of the two columns.
VOLATILE = ("ifindex", "altnames", "own_mac")
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
USER_HZ = 100
# ifupdown makes these at `ifup` and deletes them at `ifdown`.
MADE_AT_BOOT = ("bond", "vlan")
# Documentation/networking/bonding.rst of the kernel.
ACTIVE_BACKUP = "active-backup"
BOND_MODES = dict(
    enumerate(
        (
            *("balance-rr", ACTIVE_BACKUP, "balance-xor", "broadcast"),
            *("802.3ad", "balance-tlb", "balance-alb"),
        )
    )
)


# linux/if_link.h and, of OPERSTATES, RFC 2863.
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_MASTER = 1, 3, 4, 5, 10
IFLA_OPERSTATE, IFLA_LINKINFO, IFLA_LINK_NETNSID = 16, 18, 37
IFLA_PROP_LIST, IFLA_ALT_IFNAME, IFLA_PERM_ADDRESS = 52, 53, 54
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
IFLA_BR_FORWARD_DELAY, IFLA_BR_STP_STATE, IFLA_BR_VLAN_FILTERING = 1, 5, 7
IFLA_BOND_MODE, IFLA_VXLAN_LINK = 1, 3
OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
# struct ifinfomsg: its length, and where the index and the flags are.
HEADER, _INDEX_FLAGS = 16, Struct("=4xiI4x")


def parse(raw: bytes) -> tuple[LinkRow, ...]:
    """One row an interface, from the raw dump."""
    found = [(*_INDEX_FLAGS.unpack(head), attrs) for head, attrs in messages(raw, HEADER)]
    names = {index: text(attrs[IFLA_IFNAME]) for index, _, attrs in found}
    return ordered([_row(index, flags, attrs, names) for index, flags, attrs in found], KEY)


def _row(index: int, flags: int, attrs: Attributes, names: dict[int, str]) -> LinkRow:
    info = attributes(attrs.get(IFLA_LINKINFO, b""))
    kind = text(info.get(IFLA_INFO_KIND, b""))
    data = attributes(info.get(IFLA_INFO_DATA, b"")) if kind in ("bridge", "bond", "vxlan") else {}
    bridge = data if kind == "bridge" else {}
    # An interface that sits on one in another namespace has no lower one here.
    foreign = IFLA_LINK_NETNSID in attrs or kind == "veth"
    below = number(attrs.get(IFLA_LINK, b"")) or _sends_by(kind, data)
    return LinkRow(
        names[index],
        index,
        kind,
        attrs.get(IFLA_ADDRESS, b"").hex(":"),
        number(attrs.get(IFLA_MTU, b"")),
        bool(flags & IFF_UP),
        bool(flags & IFF_LOWER_UP),
        OPERSTATES[number(attrs[IFLA_OPERSTATE])] if IFLA_OPERSTATE in attrs else "",
        names.get(number(attrs.get(IFLA_MASTER, b"")), ""),
        "" if foreign else names.get(below, ""),
        *_stp(bridge),
        _bond_mode(data) if kind == "bond" else "",
        _altnames(attrs.get(IFLA_PROP_LIST, b"")),
        "on" if number(bridge.get(IFLA_BR_VLAN_FILTERING, b"")) else "",
        attrs.get(IFLA_PERM_ADDRESS, b"").hex(":"),
    )


def _sends_by(kind: str, data: Attributes) -> int:
    """The interface that a VXLAN is bound to: the kernel does not call it the lower one."""
    return number(data.get(IFLA_VXLAN_LINK, b"")) if kind == "vxlan" else 0


def _altnames(props: bytes) -> str:
    found = (props[begin:end] for begin, end, kind in places(props, 0) if kind == IFLA_ALT_IFNAME)
    return " ".join(text(attribute[4:]) for attribute in found)


def _bond_mode(data: Attributes) -> str:
    if IFLA_BOND_MODE not in data:
        return ""
    mode = number(data[IFLA_BOND_MODE])
    return BOND_MODES.get(mode, f"mode {mode}")


def _stp(bridge: Attributes) -> tuple[int | None, float | None]:
    """Whether a bridge keeps STP, and its forward delay; None of what is not said."""
    state, delay = bridge.get(IFLA_BR_STP_STATE), bridge.get(IFLA_BR_FORWARD_DELAY)
    # 2 is STP kept by a daemon; for whoever waits for the port it is on.
    on = None if state is None else min(number(state), 1)
    return on, None if delay is None else number(delay) / USER_HZ


@understood
def read(host: Reader) -> tuple[LinkRow, ...]:
    """Ask the kernel."""
    return parse(host.dump(request(RTM_GETLINK)))


TABLE = Table("links", LinkRow, KEY, read, VOLATILE)
