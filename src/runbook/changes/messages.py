"""Netlink requests as data: what RTM_* message to send, in iproute2's words.

A message knows no ifindex and no bytes; `runbook.datagram` encodes it at the
moment of sending, `runbook.checkpoint.script` writes it as a line of `ip -batch`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAIN_TABLE = 254
BOOT, KERNEL = "boot", "kernel"


class Action(StrEnum):
    """What to do with an address or a route; `ENSURE` also succeeds when it is there."""

    ENSURE = "replace"
    DELETE = "del"


@dataclass(frozen=True, slots=True)
class LinkMaster:
    """RTM_NEWLINK with IFLA_MASTER; an empty `master` takes the port out of its bridge."""

    ifname: str
    master: str

    def words(self) -> tuple[str, ...]:
        """The `ip -batch` line."""
        target = ("master", self.master) if self.master else ("nomaster",)
        return ("link", "set", "dev", self.ifname, *target)


@dataclass(frozen=True, slots=True)
class BridgeOption:
    """RTM_NEWLINK with one of IFLA_BR_STP_STATE or IFLA_BR_FORWARD_DELAY (1/100 s)."""

    ifname: str
    option: str
    value: int

    def words(self) -> tuple[str, ...]:
        """The `ip -batch` line."""
        return ("link", "set", "dev", self.ifname, "type", "bridge", self.option, str(self.value))


@dataclass(frozen=True, slots=True)
class Address:
    """RTM_NEWADDR or RTM_DELADDR for one IPv4 address; lifetimes in seconds, 0 is for ever."""

    action: Action
    ifname: str
    address: str
    prefixlen: int
    broadcast: str = ""
    label: str = ""
    noprefixroute: bool = False
    valid_lft_s: int = 0
    preferred_lft_s: int = 0

    def words(self) -> tuple[str, ...]:
        """The `ip -batch` line."""
        base = ("address", self.action, f"{self.address}/{self.prefixlen}", "dev", self.ifname)
        if self.action is Action.DELETE:
            return base
        return (
            *base,
            *(("broadcast", self.broadcast) if self.broadcast else ()),
            *(("label", self.label) if self.label else ()),
            *(("noprefixroute",) if self.noprefixroute else ()),
            *self._lifetimes(),
        )

    def _lifetimes(self) -> tuple[str, ...]:
        # An address that a DHCP server lent must not outlive its lease.
        if not self.valid_lft_s:
            return ()
        return ("valid_lft", str(self.valid_lft_s), "preferred_lft", str(self.preferred_lft_s))


@dataclass(frozen=True, slots=True)
class Route:
    """RTM_NEWROUTE or RTM_DELROUTE for one unicast IPv4 route; mtu 0 means none."""

    action: Action
    dst: str
    ifname: str
    gateway: str = ""
    prefsrc: str = ""
    table: int = MAIN_TABLE
    protocol: str = BOOT
    scope: str = "global"
    metric: int = 0
    tos: int = 0
    onlink: bool = False
    mtu: int = 0

    def words(self) -> tuple[str, ...]:
        """The `ip -batch` line."""
        return (
            *("route", self.action, self.dst),
            *(("via", self.gateway) if self.gateway else ()),
            *("dev", self.ifname, "table", str(self.table)),
            *(("proto", self.protocol, "scope", self.scope)),
            *(("src", self.prefsrc) if self.prefsrc else ()),
            *(("metric", str(self.metric)) if self.metric else ()),
            *(("tos", str(self.tos)) if self.tos else ()),
            *(("mtu", str(self.mtu)) if self.mtu else ()),
            *(("onlink",) if self.onlink else ()),
        )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """RTM_NEWNEIGH: a neighbour's MAC, to be used at once and verified soon (NUD_STALE)."""

    ifname: str
    address: str
    mac: str

    def words(self) -> tuple[str, ...]:
        """The `ip -batch` line."""
        entry = ("neighbour", "replace", self.address, "lladdr", self.mac)
        return (*entry, "dev", self.ifname, "nud", "stale")


Message = LinkMaster | BridgeOption | Address | Route | Neighbour
