"""Interfaces, read with RTM_GETLINK."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from runbook.state import netlink
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


def parse(raw: bytes) -> tuple[LinkRow, ...]:
    """One row an interface, from the raw dump."""
    links = list(netlink.messages(raw))
    names = {message["index"]: attrs["IFLA_IFNAME"] for message, attrs in links}
    return ordered([_row(message, attrs, names) for message, attrs in links], KEY)


def _row(message: Any, attrs: dict[str, Any], names: dict[int, str]) -> LinkRow:  # noqa: ANN401
    info = netlink.attributes(attrs.get("IFLA_LINKINFO") or {})
    kind = info.get("IFLA_INFO_KIND", "")
    stp, delay = _bridge(info) if kind == "bridge" else (None, None)
    # An interface that sits on one in another namespace has no lower one here.
    foreign = attrs.get("IFLA_LINK_NETNSID") is not None or kind == "veth"
    return LinkRow(
        attrs["IFLA_IFNAME"],
        message["index"],
        kind,
        attrs.get("IFLA_ADDRESS", ""),
        attrs.get("IFLA_MTU", 0),
        bool(message["flags"] & IFF_UP),
        bool(message["flags"] & IFF_LOWER_UP),
        str(attrs.get("IFLA_OPERSTATE", "")).lower(),
        names.get(attrs.get("IFLA_MASTER", 0), ""),
        "" if foreign else names.get(attrs.get("IFLA_LINK") or _sends_by(kind, info), ""),
        stp,
        delay,
        _bond_mode(info) if kind == "bond" else "",
        _altnames(attrs),
        _vlan_filtering(info) if kind == "bridge" else "",
        attrs.get("IFLA_PERM_ADDRESS", ""),
    )


def _sends_by(kind: str, info: dict[str, Any]) -> int:
    """The interface that a VXLAN is bound to: the kernel does not call it the lower one."""
    data = netlink.attributes(info.get("IFLA_INFO_DATA") or {}) if kind == "vxlan" else {}
    return int(data.get("IFLA_VXLAN_LINK", 0))


def _altnames(attrs: dict[str, Any]) -> str:
    names = (attrs.get("IFLA_PROP_LIST") or {}).get("attrs", ())
    return " ".join(value for name, value in names if name == "IFLA_ALT_IFNAME")


def _bond_mode(info: dict[str, Any]) -> str:
    mode = netlink.attributes(info.get("IFLA_INFO_DATA") or {}).get("IFLA_BOND_MODE")
    return BOND_MODES.get(mode, f"mode {mode}") if isinstance(mode, int) else ""


def _vlan_filtering(info: dict[str, Any]) -> str:
    data = netlink.attributes(info.get("IFLA_INFO_DATA") or {})
    return "on" if data.get("IFLA_BR_VLAN_FILTERING") else ""


def _bridge(info: dict[str, Any]) -> tuple[int | None, float | None]:
    data = netlink.attributes(info.get("IFLA_INFO_DATA") or {})
    state, delay = data.get("IFLA_BR_STP_STATE"), data.get("IFLA_BR_FORWARD_DELAY")
    # 2 is STP kept by a daemon; for whoever waits for the port it is on.
    return (None if state is None else min(state, 1), None if delay is None else delay / USER_HZ)


@understood
def read(host: Reader) -> tuple[LinkRow, ...]:
    """Ask the kernel."""
    return parse(host.dump(netlink.request(netlink.RTM_GETLINK)))


TABLE = Table("links", LinkRow, KEY, read, VOLATILE)
