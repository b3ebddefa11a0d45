"""Netlink messages as bytes: several requests in one datagram, one `send` each.

Encoding is pyroute2's; this module only says which attributes a request has.
Numbers: linux/rtnetlink.h, linux/netlink.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from pyroute2.netlink.rtnl import rt_proto, rt_scope
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from runbook.plan.changes.messages import (
    DEFAULT6,
    MEDIUM,
    Action,
    Address,
    BridgeOption,
    LinkMaster,
    Message,
    Neighbour,
    Route,
    is_ipv6,
)

RTM_NEWLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE = 16, 20, 21, 24, 25
RTM_NEWNEIGH = 28
NUD_STALE = 0x04
NLM_F_REQUEST, NLM_F_ACK, NLM_F_REPLACE, NLM_F_CREATE = 0x1, 0x4, 0x100, 0x400
AF_INET, AF_INET6 = 2, 10
RTN_UNICAST = 1
RT_TABLE_COMPAT = 252
RTNH_F_ONLINK = 4
IFA_F_NODAD, IFA_F_MANAGETEMPADDR, IFA_F_NOPREFIXROUTE = 0x02, 0x100, 0x200
FOREVER = 0xFFFFFFFF
PREFERENCES = {"high": 1, "low": 3}
BRIDGE_OPTIONS = {"stp_state": "IFLA_BR_STP_STATE", "forward_delay": "IFLA_BR_FORWARD_DELAY"}

IfIndex = Callable[[str], int]


def encode(messages: tuple[Message, ...], ifindex: IfIndex) -> bytes:
    """One datagram; the messages are numbered from 1, each asks for its ACK."""
    numbered = enumerate(messages, start=1)
    return b"".join(_encoded(message, number, ifindex) for number, message in numbered)


def _encoded(message: Message, number: int, ifindex: IfIndex) -> bytes:
    match message:
        case LinkMaster() | BridgeOption():
            kind, body = RTM_NEWLINK, _link(message, ifindex)
        case Address():
            kind = RTM_DELADDR if message.action is Action.DELETE else RTM_NEWADDR
            body = _address(message, ifindex)
        case Neighbour():
            kind, body = RTM_NEWNEIGH, _neighbour(message, ifindex)
        case Route():
            kind = RTM_DELROUTE if message.action is Action.DELETE else RTM_NEWROUTE
            body = _route(message, ifindex)
    creates = kind in (RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH)
    flags = NLM_F_REQUEST | NLM_F_ACK | ((NLM_F_CREATE | NLM_F_REPLACE) if creates else 0)
    body["header"]["type"] = kind
    body["header"]["flags"] = flags
    body["header"]["sequence_number"] = number
    body.encode()
    return bytes(body.data)


def _link(message: LinkMaster | BridgeOption, ifindex: IfIndex) -> Any:  # noqa: ANN401 - untyped library
    body = ifinfmsg()
    body["index"] = ifindex(message.ifname)
    if isinstance(message, LinkMaster):
        master = ifindex(message.master) if message.master else 0
        body["attrs"] = [("IFLA_MASTER", master)]
        return body
    data = {"attrs": [(BRIDGE_OPTIONS[message.option], message.value)]}
    kind = ("IFLA_INFO_KIND", "bridge")
    body["attrs"] = [("IFLA_LINKINFO", {"attrs": [kind, ("IFLA_INFO_DATA", data)]})]
    return body


def _address(message: Address, ifindex: IfIndex) -> Any:  # noqa: ANN401 - untyped library
    body = ifaddrmsg()
    body["family"] = _family(message.address)
    body["prefixlen"] = message.prefixlen
    body["index"] = ifindex(message.ifname)
    body["scope"] = 0 if is_ipv6(message.address) else _scope(message.scope)
    attrs: list[tuple[str, object]] = [
        ("IFA_LOCAL", message.address),
        ("IFA_ADDRESS", message.peer or message.address),
    ]
    if message.action is not Action.DELETE:
        attrs += [("IFA_BROADCAST", message.broadcast)] if message.broadcast else []
        attrs += [("IFA_LABEL", message.label)] if message.label else []
        attrs += [("IFA_FLAGS", flags)] if (flags := _flags(message)) else []
        attrs += [("IFA_CACHEINFO", _lifetimes(message))] if is_ipv6(message.address) else []
    body["attrs"] = attrs
    return body


def _family(text: str) -> int:
    return AF_INET6 if is_ipv6(text) else AF_INET


def _flags(message: Address) -> int:
    return (
        IFA_F_NOPREFIXROUTE * message.noprefixroute
        | IFA_F_NODAD * message.nodad
        | IFA_F_MANAGETEMPADDR * message.mngtmpaddr
    )


def _lifetimes(message: Address) -> dict[str, int]:
    valid = message.valid_lft_s or FOREVER
    preferred = message.preferred_lft_s if message.valid_lft_s else FOREVER
    preferred = 0 if message.deprecated else preferred
    return {"ifa_preferred": preferred, "ifa_valid": valid, "cstamp": 0, "tstamp": 0}


def _neighbour(message: Neighbour, ifindex: IfIndex) -> Any:  # noqa: ANN401 - untyped library
    body = ndmsg()
    body["family"] = _family(message.address)
    body["ifindex"] = ifindex(message.ifname)
    body["state"] = NUD_STALE
    body["attrs"] = [("NDA_DST", message.address), ("NDA_LLADDR", message.mac)]
    return body


def _route(message: Route, ifindex: IfIndex) -> Any:  # noqa: ANN401 - untyped library
    body = rtmsg()
    network, _, length = message.dst.partition("/")
    default = message.dst in ("default", DEFAULT6)
    body["family"] = _family(message.dst)
    body["dst_len"] = 0 if default else int(length or 32)
    body["tos"] = message.tos
    body["table"] = message.table if message.table < 256 else RT_TABLE_COMPAT  # noqa: PLR2004 - a byte
    body["proto"] = _number(message.protocol, rt_proto)
    body["scope"] = _scope(message.scope)
    body["type"] = RTN_UNICAST
    body["flags"] = RTNH_F_ONLINK if message.onlink else 0
    attrs: list[tuple[str, object]] = [("RTA_TABLE", message.table)]
    attrs += [] if default else [("RTA_DST", network)]
    attrs += [("RTA_GATEWAY", message.gateway)] if message.gateway else []
    attrs += [("RTA_PREFSRC", message.prefsrc)] if message.prefsrc else []
    attrs += [("RTA_PRIORITY", message.metric)] if message.metric else []
    attrs += [("RTA_METRICS", {"attrs": [("RTAX_MTU", message.mtu)]})] if message.mtu else []
    attrs += _of_ipv6(message)
    body["attrs"] = [*attrs, ("RTA_OIF", ifindex(message.ifname))]
    return body


def _of_ipv6(message: Route) -> list[tuple[str, object]]:
    if message.action is Action.DELETE:
        return []
    attrs: list[tuple[str, object]] = []
    # pyroute2 knows no type for this one and takes its bytes.
    expires = struct.pack("=I", message.expires_s)
    attrs += [("RTA_EXPIRES", expires)] if message.expires_s else []
    attrs += [("RTA_PREF", PREFERENCES[message.pref])] if message.pref != MEDIUM else []
    return attrs


def _scope(word: str) -> int:
    return _number({"global": "universe"}.get(word, word), rt_scope)


def _number(word: str, table: dict[Any, Any]) -> int:
    return int(word) if word.isdigit() else int(table[word])
