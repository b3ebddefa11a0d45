from __future__ import annotations

from typing import Any

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, IP, IP6, NIC, ROUTER6, SLAAC6, TOKEN, Row

from runbook.plan.changes.ipv6_switches import DeafenNIC
from runbook.plan.changes.sysctl import SetSysctl
from runbook.plan.routed import ipv6
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.ipv6 import moved, uncarried
from runbook.plan.routed.procedure import make_plan
from runbook.state.snapshot import Snapshot

SIX: Row = {"family": "inet6", "pref": "medium"}
ACCEPT = f"net.ipv6.conf.{NIC}.accept_ra"


def address(value: str, flags: str = "permanent", **other: object) -> Row:
    return {**fakes.address(NIC, value), **fakes.ADDRESS6, "flags": flags, **other}


def route(dst: str, ifname: str = NIC, **other: object) -> Row:
    return fakes.route(dst, ifname, **other) | SIX | other


def plus(tables: dict[str, list[Row]], table: str, *rows: Row) -> Snapshot:
    return fakes.seen(**{**tables, table: [*tables.get(table, fakes.standard()[table]), *rows]})


def said(seen: Snapshot) -> str:
    found = list(uncarried(fakes.params(), seen))
    assert all(one.about and one.then for one in found)
    return "\n".join(f"{one.about}: {one.seen}" for one in found)


@pytest.mark.parametrize("tables", [{}, fakes.static6(), fakes.slaac()])
def test_what_a_host_has_as_a_rule_is_carried(tables: dict[str, list[Row]]) -> None:
    assert said(fakes.seen(**tables)) == ""


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (address("fd16::7/128", "", valid_lft_s=60), "fd16::7/128: an address that somebody lent"),
        (address("fd16::7/64", "mngtmpaddr secondary", valid_lft_s=60), "a temporary address"),
        (address("fd16::7/64", "permanent tentative"), "an address that is tentative"),
        (address("fd16::7/64", "dadfailed permanent"), "an address that is dadfailed"),
        (address("fd17::7/64", "mngtmpaddr", valid_lft_s=60), "addresses by SLAAC that end"),
        (address("fd17::16:1ff:fe00:1/80", "mngtmpaddr"), "whose prefix is not /64"),
    ],
)
def test_an_address_that_could_not_be_kept_or_put_back(row: Row, words: str) -> None:
    assert words in said(plus(fakes.slaac(), "addresses", row))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (route("fd30::/48", protocol="ra", gateway="fe80::1"), "learned from a router"),
        (route("fd20::/48", "enp4s0f1", metric=9), "another interface has one of metric 9"),
        (
            route("fd30::/48", "", nexthops=f"via fe80::1 dev {NIC} weight 1"),
            f"via fe80::1 dev {NIC} weight 1",
        ),
    ],
)
def test_a_route_that_could_not_be_moved(row: Row, words: str) -> None:
    assert words in said(plus(fakes.static6(), "routes", row))


def test_routes_without_an_address_are_a_question_to_the_operator() -> None:
    assert "without an IPv6 address" in said(
        plus({}, "routes", route("fd30::/48", gateway="fe80::1"))
    )


def test_the_kernel_s_own_link_local_route_is_not_ipv6_to_speak_of() -> None:
    own = route("fe80::/64", protocol="kernel", metric=256)
    assert moved(fakes.params(), plus({}, "routes", own)) is None


def test_what_moves_is_all_that_is_on_the_nic_by_its_kind() -> None:
    static = moved(fakes.params(), fakes.seen(**fakes.static6()))
    slaac = moved(fakes.params(), fakes.seen(**fakes.slaac()))
    assert static is not None
    assert slaac is not None
    assert [a.address for a in static.addresses] == [IP6]
    assert {r.dst for r in static.routes} == {"::/0", "fd20::/48"}
    assert (static.learned, static.token, static.learns) == ((), "", False)
    assert [a.address for a in slaac.addresses] == [SLAAC6]
    assert [r.dst for r in slaac.learned] == ["::/0"]
    assert (slaac.routes, slaac.token, slaac.learns) == ((), TOKEN, True)


def test_forwarding_goes_on_only_once_routers_are_heard_in_spite_of_it() -> None:
    changes = make_plan(fakes.params(), fakes.seen(**fakes.slaac())).changes
    names = [change.name for change in changes if isinstance(change, SetSysctl)]
    assert names.index(ACCEPT) < names.index("net.ipv6.conf.all.forwarding")
    (kept,) = (c for c in changes if isinstance(c, SetSysctl) and c.name == ACCEPT)
    assert (kept.value, kept.value_before) == ("2", "1")


def elsewhere() -> Snapshot:
    """Another interface lives by router advertisements."""
    name = {"name": "net.ipv6.conf.enp4s0f1.accept_ra", "value": "1"}
    there = route("default", "enp4s0f1", protocol="ra", gateway="fe80::9", metric=1024)
    return fakes.seen(**fakes.more("routes", there), **fakes.more("sysctl", name))


def test_another_interface_that_lives_by_advertisements_goes_on_now_and_after_a_boot() -> None:
    plan = make_plan(fakes.params(), elsewhere())
    names = [change.name for change in plan.changes if isinstance(change, SetSysctl)]
    assert names[-1] == "net.ipv6.conf.all.forwarding"
    assert "net.ipv6.conf.enp4s0f1.accept_ra" in names
    _, kept, *_ = plan.of_host.files
    assert "net.ipv6.conf.enp4s0f1.accept_ra = 2\n" in kept.text


def test_the_nic_is_deaf_after_a_boot_only_where_ipv6_moved() -> None:
    def kept(seen: Snapshot) -> str:
        return make_promise(fakes.params(), seen).files[1].text

    assert f"{ACCEPT} = 0\n" in kept(fakes.seen(**fakes.static6()))
    assert ACCEPT not in kept(fakes.seen())


def test_a_nic_that_is_deaf_already_is_left_alone() -> None:
    plan = make_plan(fakes.params(), fakes.seen(**fakes.static6()))
    assert not [change for change in plan.changes if isinstance(change, DeafenNIC)]


@pytest.mark.parametrize("tables", [fakes.static6(), fakes.slaac()], ids=["static", "slaac"])
def test_a_host_that_is_as_promised_promises_the_same_again(tables: dict[str, list[Row]]) -> None:
    before = make_promise(fakes.params(), fakes.seen(**tables))
    assert make_promise(fakes.params(), on_bridge(tables)) == before


def test_what_somebody_added_on_the_bridge_since_is_none_of_the_promise() -> None:
    before = make_promise(fakes.params(), fakes.seen(**fakes.static6()))
    added = {
        "addresses": [address("fd16::7/64", ifname=BRIDGE)],
        "routes": [route("fd21::/48", BRIDGE, gateway=ROUTER6, metric=9)],
    }
    assert make_promise(fakes.params(), on_bridge(fakes.static6(), **added)) == before


def on_bridge(tables: dict[str, list[Row]], **added: list[Row]) -> Snapshot:
    """The same host once it is changed, with more rows in these tables."""

    def over(rows: list[Row]) -> list[Row]:
        return [{**row, "ifname": BRIDGE} if row.get("ifname") == NIC else row for row in rows]

    links = [*fakes.standard()["links"], fakes.link(BRIDGE, kind="bridge")]
    places: Any = {**tables, **{name: over(tables[name]) for name in ("addresses", "routes")}}
    places = {name: [*rows, *added.get(name, [])] for name, rows in places.items()}
    files = [
        fakes.file(f.path, f.text) for f in make_promise(fakes.params(), fakes.seen(**tables)).files
    ]
    return fakes.seen(**{**places, "links": links, "files": files})


@pytest.mark.parametrize(
    ("tables", "broken"),
    [
        (fakes.static6(), f"{IP6} is on"),
        (fakes.static6(), f"IPv6 default route via {ROUTER6}"),
        (fakes.static6(), f"IPv6 on {NIC}"),
        (fakes.static6(), f"IPv6 routes on {NIC}"),
        (fakes.slaac(), f"net.ipv6.conf.{BRIDGE}.accept_ra"),
        (fakes.static6(), f"net.ipv6.conf.{BRIDGE}.disable_ipv6"),
    ],
)
def test_a_change_that_did_not_take_is_seen(tables: dict[str, list[Row]], broken: str) -> None:
    seen = fakes.seen(**tables)
    unkept = {c.about for c in make_promise(fakes.params(), seen).checks(seen) if not c.kept}
    assert broken in unkept


def test_ipv6_on_a_bridge_that_was_to_have_none_is_seen() -> None:
    promise = make_promise(fakes.params(), fakes.seen())
    grown = {**fakes.address(BRIDGE, "fd16::9/64"), **fakes.ADDRESS6}
    rows = [fakes.address(BRIDGE, f"{IP}/16"), grown]
    seen = fakes.as_promised(promise, addresses=rows)
    assert [c.about for c in promise.checks(seen) if not c.kept] == [f"IPv6 on {BRIDGE}"]
    assert ipv6.expected(None) is None
