"""Netlink requests as data: what RTM_* message to send, in iproute2's words.

`words` gives a message as a line of `ip -batch`. A message knows no ifindex and no bytes:
`apply/steps/netlink_bytes` encodes it when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from runbook.common.serial import LATER

MAIN_TABLE = 254
BOOT, KERNEL, RA = "boot", "kernel", "ra"
DEFAULT6 = "::/0"
MEDIUM = "medium"


def is_ipv6(text: str) -> bool:
    """Whether an address or a prefix is of IPv6; IPv4's default route is the word alone."""
    return ":" in text


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
        target = ("master", self.master) if self.master else ("nomaster",)
        return ("link", "set", "dev", self.ifname, *target)


@dataclass(frozen=True, slots=True)
class BridgeOption:
    """RTM_NEWLINK with one of IFLA_BR_STP_STATE or IFLA_BR_FORWARD_DELAY (1/100 s)."""

    ifname: str
    option: str
    value: int

    def words(self) -> tuple[str, ...]:
        return ("link", "set", "dev", self.ifname, "type", "bridge", self.option, str(self.value))


# No lease is for ten years. An address without any end would be another than before.
FAR_END_S = 10 * 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Address:
    """RTM_NEWADDR or RTM_DELADDR for one address; lifetimes in seconds, 0 is for ever.

    Three are of IPv6: `nodad` takes it to be nobody else's (it is the
    host's own, and only moves), `mngtmpaddr` marks one made by SLAAC,
    `deprecated` one that new connections do not use. `peer` is the far end of a
    point-to-point address, '' without one; `scope` is of IPv4.
    """

    action: Action
    ifname: str
    address: str
    prefixlen: int
    broadcast: str = ""
    label: str = ""
    noprefixroute: bool = False
    valid_lft_s: int = 0
    preferred_lft_s: int = 0
    nodad: bool = False
    mngtmpaddr: bool = False
    deprecated: bool = False
    peer: str = field(default="", metadata=LATER)
    scope: str = field(default="global", metadata=LATER)

    def words(self) -> tuple[str, ...]:
        base = ("address", self.action, *self._ends(), "dev", self.ifname)
        if self.action is Action.DELETE:
            return base
        return (
            *base,
            *(("broadcast", self.broadcast) if self.broadcast else ()),
            *(("scope", self.scope) if self.scope != "global" else ()),
            *(("label", self.label) if self.label else ()),
            *(("noprefixroute",) if self.noprefixroute else ()),
            *(("nodad",) if self.nodad else ()),
            *(("mngtmpaddr",) if self.mngtmpaddr else ()),
            *self._lifetimes(),
        )

    def _ends(self) -> tuple[str, ...]:
        """With a peer, the prefix length is that of the peer."""
        if self.peer:
            return (self.address, "peer", f"{self.peer}/{self.prefixlen}")
        return (f"{self.address}/{self.prefixlen}",)

    def lasting(self) -> Address:
        """The same to be there, without an end."""
        return replace(self, action=Action.ENSURE, valid_lft_s=0, preferred_lft_s=0)

    def until_renewed(self) -> Address:
        """The same to be there; if it ends with a lease, then not before the client renews that.

        The end of before is no use: Debian's dhclient, once started, leaves an address that it
        finds as it is until its next renewal, which may be hours later.
        """
        end_s = FAR_END_S if self.valid_lft_s else 0
        return replace(self, action=Action.ENSURE, valid_lft_s=end_s, preferred_lft_s=end_s)

    def _lifetimes(self) -> tuple[str, ...]:
        if not (self.valid_lft_s or self.deprecated):
            return ()
        valid = str(self.valid_lft_s or "forever")
        preferred = "0" if self.deprecated else str(self.preferred_lft_s)
        return ("valid_lft", valid, "preferred_lft", preferred)


@dataclass(frozen=True, slots=True)
class Route:
    """RTM_NEWROUTE or RTM_DELROUTE for one unicast route; mtu 0 means none.

    IPv4's default route has the dst 'default', IPv6's '::/0'. `expires_s`
    (0: never) and `pref` (RFC 4191) are of IPv6, which has neither scope nor tos.
    """

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
    expires_s: int = 0
    pref: str = MEDIUM

    def words(self) -> tuple[str, ...]:
        return (
            *("route", self.action, self.dst),
            *(("via", self.gateway) if self.gateway else ()),
            *("dev", self.ifname, "table", str(self.table), "proto", self.protocol),
            *(() if is_ipv6(self.dst) else ("scope", self.scope)),
            *(("src", self.prefsrc) if self.prefsrc else ()),
            *(("metric", str(self.metric)) if self.metric else ()),
            *(("tos", str(self.tos)) if self.tos else ()),
            *(("mtu", str(self.mtu)) if self.mtu else ()),
            *(("onlink",) if self.onlink else ()),
            *self._of_ipv6(),
        )

    def _of_ipv6(self) -> tuple[str, ...]:
        if self.action is Action.DELETE:
            return ()
        return (
            *(("expires", str(self.expires_s)) if self.expires_s else ()),
            *(("pref", self.pref) if self.pref != MEDIUM else ()),
        )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """RTM_NEWNEIGH: a neighbour's MAC, usable at once and verified later (NUD_STALE)."""

    ifname: str
    address: str
    mac: str

    def words(self) -> tuple[str, ...]:
        entry = ("neighbour", "replace", self.address, "lladdr", self.mac)
        return (*entry, "dev", self.ifname, "nud", "stale")


Message = LinkMaster | BridgeOption | Address | Route | Neighbour
