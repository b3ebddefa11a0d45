"""Routes of both families and all tables, decoded from the raw dump.

A full routing table has a million rows, and a general netlink decoder takes a
tenth of a millisecond for each; so this module reads the few attributes it
needs straight from the bytes, column by column. Layout: linux/rtnetlink.h, struct rtmsg.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from itertools import compress
from struct import Struct
from typing import Annotated, Any, NamedTuple

from pyroute2.netlink.rtnl import rt_proto, rt_scope, rt_type

from runbook.state import netlink
from runbook.state.batches import Batch, attributes, batches, each
from runbook.state.table import Table, made, ordered, understood
from runbook.transport.host import Reader


class RouteRow(NamedTuple):
    """One route."""

    family: Annotated[str, "inet or inet6"]
    table: Annotated[int, "routing table; 254 is main, 255 local"]
    type: Annotated[str, "unicast, local, broadcast, blackhole, ..."]
    dst: Annotated[str, "'default', or a prefix"]
    tos: Annotated[int, "type of service, 0 as a rule"]
    metric: Annotated[int, "priority; the lower wins"]
    ifname: Annotated[str, "the interface it leaves by"]
    gateway: Annotated[str, "the next router, or ''"]
    prefsrc: Annotated[str, "the source address it suggests, or ''"]
    protocol: Annotated[str, "who made it: kernel, boot, static, dhcp, ..."]
    scope: Annotated[str, "global, link or host"]
    onlink: Annotated[bool, "the gateway is taken to be on the link"]
    mtu: Annotated[int | None, "bytes; missing: the interface's"]
    nexthops: Annotated[str, "the ways of a multipath route or by a router of IPv6, or ''"]
    pref: Annotated[str, "of IPv6: the router's preference (RFC 4191), medium as a rule, or ''"]
    expires_s: Annotated[int | None, "of IPv6: seconds until it goes; missing: never"]
    further: Annotated[str, "what else ip-route(8) shows of it (initcwnd 10, nhid 7), or ''"] = ""


KEY = ("family", "table", "type", "dst", "tos", "metric", "ifname", "gateway")
# A route with anything further is refused; an earlier version did not read it.
VOLATILE = ("expires_s", "further")
RTM_NEWROUTE, RTM_F_CLONED, RTNH_F_ONLINK = 24, 0x200, 4
DST, OIF, GATEWAY, PRIORITY, PREFSRC, METRICS, MULTIPATH = 1, 4, 5, 6, 7, 8, 9
CACHEINFO, TABLE_ID, VIA, PREF = 12, 15, 18, 20
FLOW, ENCAP, NEXTHOP_ID = 11, 22, 30
RTAX_MTU = 2
# The hop limit of a route is left out: routers advertise one with each of theirs.
METRIC_NAMES = {
    1: "lock",
    3: "window",
    4: "rtt",
    5: "rttvar",
    6: "ssthresh",
    7: "cwnd",
    8: "advmss",
    9: "reordering",
    11: "initcwnd",
    12: "features",
    13: "rto_min",
    14: "initrwnd",
    15: "quickack",
    16: "congctl",
    17: "fastopen_no_cookie",
}
PREFERENCES = {0: "medium", 1: "high", 3: "low"}
USER_HZ = 100
# Bytes of struct rtmsg.
_RTMSG = 12
GLOBAL = {"universe": "global"}
_WORD, _NEXTHOP = Struct("=I"), Struct("=HBBi")
# struct rta_cacheinfo, as far as what is read of it.
_CACHE = Struct("=IIi")

Names = dict[int, str]


def parse(raw: bytes, names: Names) -> tuple[RouteRow, ...]:
    """One row a route, cached ones left out; `names` maps ifindex to ifname."""
    return ordered(_rows(raw, names), KEY)


def _rows(raw: bytes, names: Names) -> Iterator[RouteRow]:
    for batch in batches(raw, RTM_NEWROUTE, _RTMSG):
        if batch.family in netlink.FAMILIES:
            own = each(batch.fields(8, "=u4"), lambda flags: not flags & RTM_F_CLONED)
            yield from compress(made(RouteRow, _columns(batch, names)), own)


def _columns(batch: Batch, names: Names) -> Iterator[list[Any]]:
    family, count = batch.family, len(batch)
    bits, tos, table, protocol, scope, kind = (batch.fields(at, "u1") for at in (1, 3, 4, 5, 6, 7))
    told = {name: batch.values(name) for name in (DST, OIF, GATEWAY, PRIORITY, PREFSRC)}
    tables, vias = batch.values(TABLE_ID), batch.values(VIA)
    ways = each(batch.values(MULTIPATH), lambda value: _nexthops(family, value or b"", names))
    ifnames = each(told[OIF], lambda value: _ifname(value, names))
    yield [netlink.FAMILIES[family]] * count
    # The messages of a batch have the attribute, or none of them has.
    yield table if tables[0] is None else each(tables, _number)
    yield each(kind, lambda number: _word(number, rt_type))
    yield _prefixes(family, told[DST], bits)
    yield tos
    yield each(told[PRIORITY], lambda value: 0 if value is None else _number(value))
    yield ifnames
    yield each(told[GATEWAY], lambda value: _address(family, value))
    yield each(told[PREFSRC], lambda value: _address(family, value))
    yield each(protocol, lambda number: _word(number, rt_proto))
    yield each(scope, lambda number: GLOBAL.get(word := _word(number, rt_scope), word))
    yield each(batch.fields(8, "=u4"), lambda flags: bool(flags & RTNH_F_ONLINK))
    yield each(batch.values(METRICS), _mtu)
    yield ways if vias[0] is None else list(map(_way, vias, ifnames))
    yield each(batch.values(PREF), _preference)
    yield each(batch.values(CACHEINFO), _expires)
    parts = (
        each(batch.values(METRICS), _other_metrics),
        each(batch.values(FLOW), lambda value: f"realm {_number(value)}" if value else ""),
        each(batch.values(NEXTHOP_ID), lambda value: f"nhid {_number(value)}" if value else ""),
        each(batch.values(ENCAP), lambda value: "" if value is None else "encap"),
    )
    yield each(zip(*parts, strict=True), lambda words: " ".join(filter(None, words)))


def _ifname(oif: bytes | None, names: Names) -> str:
    index = _number(oif) if oif is not None else 0
    return names.get(index, f"if{index}") if index else ""


def _number(value: bytes) -> int:
    return int(_WORD.unpack(value)[0])


def _word(number: int, table: dict[object, object]) -> str:
    return str(table.get(number, number))


def _address(family: int, value: bytes | None) -> str:
    return socket.inet_ntop(family, value) if value else ""


def _prefixes(family: int, values: list[bytes] | list[None], bits: list[int]) -> list[str]:
    ends = each(bits, "/{}".format)
    # In line: this is the one column in which every cell is another.
    return [
        "default" if value is None else socket.inet_ntop(family, value) + end
        for value, end in zip(values, ends, strict=True)
    ]


def _mtu(metrics: bytes | None) -> int | None:
    value = attributes(metrics).get(RTAX_MTU) if metrics else None
    return None if value is None else _number(value)


def _other_metrics(metrics: bytes | None) -> str:
    values = attributes(metrics) if metrics else {}
    named = ((METRIC_NAMES[kind], value) for kind, value in values.items() if kind in METRIC_NAMES)
    return " ".join(f"{name} {_metric(name, value)}" for name, value in named)


def _metric(name: str, value: bytes) -> str:
    if name == "congctl":
        return value.rstrip(b"\0").decode(errors="replace")
    return str(_number(value))


def _preference(value: bytes | None) -> str:
    return PREFERENCES.get(value[0], str(value[0])) if value else ""


def _expires(cache: bytes | None) -> int | None:
    """Seconds, of clock ticks; a route that stays has none."""
    ticks = int(_CACHE.unpack_from(cache)[2]) if cache else 0
    return max(1, ticks // USER_HZ) if ticks > 0 else None


def _nexthops(family: int, value: bytes, names: Names) -> str:
    ways: list[str] = []
    position = 0
    while position + _NEXTHOP.size <= len(value):
        length, _, weight, index = _NEXTHOP.unpack_from(value, position)
        if length < _NEXTHOP.size or position + length > len(value):
            raise ValueError(f"way {len(ways) + 1} of a multipath route is cut short")
        attrs = attributes(value[position + _NEXTHOP.size : position + length])
        gateway = _via(attrs.get(VIA)) or _address(family, attrs.get(GATEWAY))
        ways.append(f"via {gateway} dev {names.get(index, index)} weight {weight + 1}")
        position += (length + 3) & ~3
    return ", ".join(ways)


def _way(via: bytes | None, ifname: str) -> str:
    # Without its router such a route would look like one that needs none.
    return f"via {router} dev {ifname} weight 1" if (router := _via(via)) else ""


def _via(value: bytes | None) -> str:
    """The router where it is of the other family (struct rtvia), in iproute2's words."""
    if not value:
        return ""
    family = int.from_bytes(value[:2], sys.byteorder)
    return f"{netlink.FAMILIES[family]} {_address(family, value[2:])}"


@understood
def read(host: Reader) -> tuple[RouteRow, ...]:
    """Ask the kernel, once a family."""
    names = netlink.interface_names(host)
    requests = (netlink.request(netlink.RTM_GETROUTE, family) for family in netlink.FAMILIES)
    return parse(b"".join(host.dump(request) for request in requests), names)


TABLE = Table("routes", RouteRow, KEY, read, VOLATILE)
