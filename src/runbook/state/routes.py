"""Routes of both families and all tables, decoded from the raw dump.

A full routing table has a million rows, and a general netlink decoder takes a
tenth of a millisecond for each; so this module reads the few attributes it
needs straight from the bytes, column by column. Layout: linux/rtnetlink.h, struct rtmsg.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from struct import Struct
from typing import Annotated, Any, NamedTuple

from pyroute2.netlink.rtnl import rt_proto, rt_scope, rt_type

from runbook.state import netlink
from runbook.state.address_texts import in_text_order, prefixes
from runbook.state.batches import Batch, batches, each_cell, joined
from runbook.state.netlink import attributes
from runbook.state.table import Table, ordered_columns, understood
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
    return _parse((raw,), names)


def _parse(dumps: Iterable[bytes], names: Names) -> tuple[RouteRow, ...]:
    found = (batch for raw in dumps for batch in batches(raw, RTM_NEWROUTE, _RTMSG))
    own = (_own(batch) for batch in found if batch.family in netlink.FAMILIES)
    cells = joined(_columns(batch, names) for batch in own if len(batch))
    return ordered_columns(RouteRow, cells, KEY)


def _own(batch: Batch) -> Batch:
    return in_text_order(batch.only((batch.numbers(8, "=u4") & RTM_F_CLONED) == 0), DST)


def _columns(batch: Batch, names: Names) -> Iterator[list[Any]]:
    family, count = batch.family, len(batch)
    address, ifname = partial(_address, family), partial(_ifname, names=names)
    ifnames = batch.each(OIF, ifname)
    yield [netlink.FAMILIES[family]] * count
    yield _tables(batch)
    yield batch.each_number(7, "u1", partial(_word, table=rt_type))
    yield _prefixes(batch) if batch.has(DST) else ["default"] * count
    yield batch.each_number(3, "u1", int)
    yield batch.each(PRIORITY, lambda value: 0 if value is None else _number(value))
    yield ifnames
    yield batch.each(GATEWAY, address)
    yield batch.each(PREFSRC, address)
    yield batch.each_number(5, "u1", partial(_word, table=rt_proto))
    yield batch.each_number(6, "u1", _scope)
    yield batch.each_number(8, "=u4", lambda flags: bool(flags & RTNH_F_ONLINK))
    yield batch.each(METRICS, _mtu)
    yield _ways(batch, ifnames, names)
    yield batch.each(PREF, _preference)
    yield batch.each(CACHEINFO, _expires)
    yield _further(batch)


def _tables(batch: Batch) -> list[int]:
    if batch.has(TABLE_ID):
        return each_cell(batch.cells(TABLE_ID), _number)
    return batch.each_number(4, "u1", int)


def _further(batch: Batch) -> list[str]:
    has = [(kind, said) for kind, said in FURTHER.items() if batch.has(kind)]
    parts = [each_cell(batch.cells(kind), said) for kind, said in has]
    return list(map(_words, zip(*parts, strict=True))) if parts else [""] * len(batch)


def _ways(batch: Batch, ifnames: list[str], names: Names) -> list[str]:
    ways = batch.each(MULTIPATH, lambda value: _nexthops(batch.family, value or b"", names))
    return list(map(_way, batch.each(VIA, _via), ifnames)) if batch.has(VIA) else ways


def _prefixes(batch: Batch) -> list[str]:
    return prefixes(batch.family, batch.cells(DST), batch.numbers(1, "u1"))


def _words(parts: Iterable[str]) -> str:
    return " ".join(filter(None, parts))


def _ifname(oif: bytes | None, names: Names) -> str:
    index = _number(oif) if oif is not None else 0
    return names.get(index, f"if{index}") if index else ""


def _number(value: bytes) -> int:
    return int(_WORD.unpack(value)[0])


def _word(number: int, table: dict[object, object]) -> str:
    return str(table.get(number, number))


def _scope(number: int) -> str:
    word = _word(number, rt_scope)
    return GLOBAL.get(word, word)


def _address(family: int, value: bytes | None) -> str:
    return socket.inet_ntop(family, value) if value else ""


def _mtu(metrics: bytes | None) -> int | None:
    value = attributes(metrics).get(RTAX_MTU) if metrics else None
    return None if value is None else _number(value)


def _other_metrics(metrics: bytes) -> str:
    values = attributes(metrics) if metrics else {}
    named = ((METRIC_NAMES[kind], value) for kind, value in values.items() if kind in METRIC_NAMES)
    return " ".join(f"{name} {_metric(name, value)}" for name, value in named)


def _metric(name: str, value: bytes) -> str:
    if name == "congctl":
        return value.rstrip(b"\0").decode(errors="replace")
    return str(_number(value))


def _preference(value: bytes | None) -> str:
    return PREFERENCES.get(value[0], str(value[0])) if value else ""


FURTHER: Mapping[int, Callable[[bytes], str]] = {
    METRICS: _other_metrics,
    FLOW: lambda value: f"realm {_number(value)}" if value else "",
    NEXTHOP_ID: lambda value: f"nhid {_number(value)}" if value else "",
    ENCAP: lambda _: "encap",
}


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


def _way(router: str, ifname: str) -> str:
    # Without its router such a route would look like one that needs none.
    return f"via {router} dev {ifname} weight 1" if router else ""


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
    return _parse(map(host.dump, requests), names)


TABLE = Table("routes", RouteRow, KEY, read, VOLATILE)
