from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import attribute
from tests.unit.state.recorded import as_documented, column, dump, host, names, said

from runbook.state import routes
from runbook.state.table import NONSENSE

ROWS = routes.parse(dump("routes"), names())
# linux/rtnetlink.h, as numbers in `ip -N`.
TYPES = {
    "1": "unicast",
    "2": "local",
    "3": "broadcast",
    "5": "multicast",
    "6": "blackhole",
    "7": "unreachable",
    "8": "prohibit",
}
PROTOCOLS = {"2": "kernel", "3": "boot", "4": "static", "12": "bird"}
SCOPES = {"0": "global", "253": "link", "254": "host"}
WHOLE = {"inet": "/32", "inet6": "/128"}
Told = dict[str, Any]


def prefix(family: str, dst: str) -> str:
    return dst if dst == "default" or "/" in dst else dst + WHOLE[family]


def ways(told: Told) -> str:
    if "via" in told:
        via = f"{told['via']['family']} {told['via']['host']}"
        return f"via {via} dev {told['dev']} weight 1"
    hops = told.get("nexthops", ())
    return ", ".join(f"via {h['gateway']} dev {h['dev']} weight {h['weight']}" for h in hops)


def expected(family: str, told: Told) -> Told:
    return {
        "family": family,
        "table": int(told["table"]),
        "type": TYPES[told["type"]],
        "dst": prefix(family, told["dst"]),
        "tos": int(told.get("tos", "0"), 16),
        "metric": told.get("metric", 0),
        "ifname": told.get("dev", ""),
        "gateway": told.get("gateway", ""),
        "prefsrc": told.get("prefsrc", ""),
        "protocol": PROTOCOLS[told["protocol"]],
        "scope": SCOPES[told["scope"]],
        "onlink": "onlink" in told["flags"],
        "mtu": told.get("metrics", [{}])[0].get("mtu"),
        "nexthops": ways(told),
        "pref": told.get("pref", ""),
        "expires_s": told.get("expires"),
        "further": " ".join(further(told)),
    }


def further(told: Told) -> Iterator[str]:
    """What iproute2 says of a route beyond its MTU; the hop limit is every router's."""
    for name, value in told.get("metrics", [{}])[0].items():
        if name not in ("mtu", "hoplimit"):
            yield f"{name} {value}"
    yield from (f"nhid {told['nhid']}",) if "nhid" in told else ()


def message(attributes: bytes, *, family: int = 2, kind: int = 24, flags: int = 0) -> bytes:
    """An RTM_NEWROUTE for 10.0.0.0/8 in the main table."""
    body = struct.pack("=BBBBBBBBI", family, 8, 0, 0, 254, 3, 0, 1, flags) + attributes
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def metrics(values: dict[int, int]) -> bytes:
    """RTA_METRICS, each a number."""
    inside = (attribute(kind, struct.pack("=I", value)) for kind, value in values.items())
    return attribute(routes.METRICS, b"".join(inside))


DST = attribute(routes.DST, bytes([10, 0, 0, 0]))


def test_it_is_as_documented() -> None:
    assert as_documented(ROWS, routes.TABLE)
    assert as_documented(routes.parse(b"", {}), routes.TABLE)


@pytest.mark.parametrize(
    ("family", "file"), [("inet", "ip-route.json"), ("inet6", "ip6-route.json")]
)
def test_the_routes_are_what_iproute2_says(family: str, file: str) -> None:
    order = routes.KEY
    told = [expected(family, one) for one in said(file)]
    found = [row._asdict() for row in ROWS if row.family == family]
    assert found == sorted(told, key=lambda one: [one[name] for name in order])


def test_a_router_of_the_other_family_is_not_left_out() -> None:
    (way,) = column(ROWS, "nexthops", dst="10.5.0.0/16")
    assert way == "via inet6 fe80::1 dev nic0 weight 1"


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (metrics({11: 32, 14: 64}), "initcwnd 32 initrwnd 64"),
        (metrics({routes.RTAX_MTU: 1400, 8: 1360}), "advmss 1360"),
        (metrics({routes.RTAX_MTU: 1400, 10: 64}), ""),
        (attribute(routes.METRICS, attribute(16, b"cubic\0")), "congctl cubic"),
        (attribute(routes.FLOW, struct.pack("=I", 7)), "realm 7"),
        (attribute(routes.NEXTHOP_ID, struct.pack("=I", 10)), "nhid 10"),
        (attribute(routes.ENCAP, attribute(1, b"\0\0\0\0")), "encap"),
    ],
)
def test_what_else_a_route_has_is_told_in_iproute2_s_words(attributes: bytes, words: str) -> None:
    (row,) = routes.parse(message(DST + attributes), {})
    assert row.further == words


def test_a_cached_route_is_none_and_neither_is_another_message() -> None:
    assert len(routes.parse(message(DST), {})) == 1
    assert not routes.parse(message(DST, flags=routes.RTM_F_CLONED), {})
    assert not routes.parse(message(DST, kind=25), {})
    assert not routes.parse(message(DST, family=28), {})


def test_an_interface_that_went_meanwhile_is_told_by_its_number() -> None:
    raw = message(DST + attribute(routes.OIF, struct.pack("=I", 77)))
    assert column(routes.parse(raw, {2: "enp4s0f0"}), "ifname") == ["if77"]


@given(st.integers(17, 255), st.integers(12, 255))
def test_what_has_no_name_is_told_by_its_number(protocol: int, kind: int) -> None:
    raw = bytearray(message(DST))
    raw[16 + 5], raw[16 + 7] = protocol, kind
    (row,) = routes.parse(bytes(raw), {})
    assert (row.protocol, row.type) == (str(protocol), str(kind))


@given(st.integers(0, 3), st.sampled_from([routes.DST, routes.MULTIPATH, routes.METRICS]))
def test_an_attribute_of_an_impossible_length_is_not_guessed_at(length: int, kind: int) -> None:
    raw = message(DST + struct.pack("=HH", length, kind))
    with pytest.raises(ValueError, match="cut short"):
        routes.parse(raw, {})
    long = message(DST + struct.pack("=HH", 200, kind))
    with pytest.raises(ValueError, match="cut short"):
        routes.parse(long, {})


def test_a_way_of_an_impossible_length_is_not_guessed_at() -> None:
    for length in (0, 200):
        way = attribute(routes.MULTIPATH, struct.pack("=HBBi", length, 0, 0, 2))
        with pytest.raises(ValueError, match="way 1 of a multipath route is cut short"):
            routes.parse(message(DST + way), {})


@pytest.mark.parametrize("kind", [routes.GATEWAY, routes.DST, routes.OIF, routes.VIA])
def test_an_address_or_number_of_a_strange_size_is_an_error(kind: int) -> None:
    with pytest.raises(NONSENSE):
        routes.parse(message(DST + attribute(kind, b"\x0a\0\1")), {})


def test_the_recorded_host_goes_out_by_its_nic(tmp_path: Path) -> None:
    table = routes.read(host(tmp_path))
    assert as_documented(table, routes.TABLE)
    way = {"family": "inet", "table": 254, "dst": "default"}
    assert column(table, "gateway", **way) == ["172.16.0.1"]
    assert column(table, "ifname", **way) == ["enp4s0f0"]
    assert column(table, "prefsrc", table=254, dst="172.16.0.0/16") == ["172.16.1.1"]
