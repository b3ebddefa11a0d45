"""Interfaces, read with RTM_GETLINK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from runbook.state import netlink
from runbook.state.batches import Batch, batches, joined
from runbook.state.netlink import Attributes, attributes, number, places, text
from runbook.state.table import Table, ordered_columns, understood
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
RTM_NEWLINK = 16
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_MASTER = 1, 3, 4, 5, 10
IFLA_OPERSTATE, IFLA_LINKINFO, IFLA_LINK_NETNSID = 16, 18, 37
IFLA_PROP_LIST, IFLA_ALT_IFNAME, IFLA_PERM_ADDRESS = 52, 53, 54
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
IFLA_BR_FORWARD_DELAY, IFLA_BR_STP_STATE, IFLA_BR_VLAN_FILTERING = 1, 5, 7
IFLA_BOND_MODE, IFLA_VXLAN_LINK = 1, 3
OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
# Bytes of struct ifinfomsg.
IFINFOMSG = 16


class _Info(NamedTuple):
    """What the driver of an interface says of it."""

    kind: str = ""
    below: int = 0
    stp: int | None = None
    forward_delay_s: float | None = None
    bond_mode: str = ""
    vlan_filtering: str = ""


def parse(raw: bytes) -> tuple[LinkRow, ...]:
    """One row an interface, from the raw dump."""
    names = netlink.names(raw)
    found = batches(raw, RTM_NEWLINK, IFINFOMSG)
    return ordered_columns(LinkRow, joined(_columns(batch, names) for batch in found), KEY)


def _columns(batch: Batch, names: dict[int, str]) -> Iterator[list[Any]]:
    flags = batch.numbers(8, "=u4")
    infos = batch.each(IFLA_LINKINFO, _info)
    yield batch.each(IFLA_IFNAME, text)
    yield batch.each_number(4, "=i4", int)
    yield [info.kind for info in infos]
    yield batch.each(IFLA_ADDRESS, _mac)
    yield batch.each(IFLA_MTU, number)
    yield (flags & IFF_UP != 0).tolist()
    yield (flags & IFF_LOWER_UP != 0).tolist()
    yield batch.each(IFLA_OPERSTATE, _operstate)
    yield batch.each(IFLA_MASTER, lambda value: names.get(number(value), ""))
    yield _lower(batch, infos, names)
    yield [info.stp for info in infos]
    yield [info.forward_delay_s for info in infos]
    yield [info.bond_mode for info in infos]
    yield batch.each(IFLA_PROP_LIST, _altnames)
    yield [info.vlan_filtering for info in infos]
    yield batch.each(IFLA_PERM_ADDRESS, _mac)


def _info(value: bytes | None) -> _Info:
    info = attributes(value or b"")
    kind = text(info.get(IFLA_INFO_KIND))
    reads = INFOS.get(kind)
    return reads(attributes(info.get(IFLA_INFO_DATA, b""))) if reads else _Info(kind)


def _bridge(data: Attributes) -> _Info:
    state, delay = data.get(IFLA_BR_STP_STATE), data.get(IFLA_BR_FORWARD_DELAY)
    return _Info(
        "bridge",
        # 2 is STP kept by a daemon; for whoever waits for the port it is on.
        stp=None if state is None else min(number(state), 1),
        forward_delay_s=None if delay is None else number(delay) / USER_HZ,
        vlan_filtering="on" if number(data.get(IFLA_BR_VLAN_FILTERING)) else "",
    )


def _bond(data: Attributes) -> _Info:
    if IFLA_BOND_MODE not in data:
        return _Info("bond")
    mode = number(data[IFLA_BOND_MODE])
    return _Info("bond", bond_mode=BOND_MODES.get(mode, f"mode {mode}"))


def _vxlan(data: Attributes) -> _Info:
    # The interface that it is bound to: the kernel does not call it the lower one.
    return _Info("vxlan", below=number(data.get(IFLA_VXLAN_LINK)))


INFOS = {"bridge": _bridge, "bond": _bond, "vxlan": _vxlan}


def _operstate(value: bytes | None) -> str:
    return "" if value is None else OPERSTATES[number(value)]


def _lower(batch: Batch, infos: list[_Info], names: dict[int, str]) -> list[str]:
    # An interface that sits on one in another namespace has no lower one here.
    if batch.has(IFLA_LINK_NETNSID):
        return [""] * len(batch)
    pairs = zip(batch.each(IFLA_LINK, number), infos, strict=True)
    return ["" if of.kind == "veth" else names.get(link or of.below, "") for link, of in pairs]


def _mac(value: bytes | None) -> str:
    return (value or b"").hex(":")


def _altnames(value: bytes | None) -> str:
    props = value or b""
    found = (props[begin:end] for begin, end, kind in places(props, 0) if kind == IFLA_ALT_IFNAME)
    return " ".join(text(attribute[4:]) for attribute in found)


@understood
def read(host: Reader) -> tuple[LinkRow, ...]:
    """Ask the kernel."""
    return parse(host.dump(netlink.request(netlink.RTM_GETLINK)))


TABLE = Table("links", LinkRow, KEY, read, VOLATILE)
