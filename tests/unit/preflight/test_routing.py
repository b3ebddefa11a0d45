from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, GATEWAY, NIC, Row
from tests.unit.preflight.looking import look, plus, refusal, told

from runbook.state.snapshot import Snapshot

OTHER_NIC = "enp4s0f1"


def leaving(*default: Row) -> Snapshot:
    return fakes.seen(routes=[*default, fakes.connected(NIC)])


@pytest.mark.parametrize(
    ("default", "seen"),
    [
        ([], "none"),
        (
            [fakes.default(NIC), fakes.default(NIC, metric=9)],
            f"via {GATEWAY} dev {NIC}, via {GATEWAY} dev {NIC} metric 9",
        ),
        ([fakes.default(OTHER_NIC)], f"via {GATEWAY} dev {OTHER_NIC}"),
        ([fakes.route("default", NIC, gateway="172.16.0.254")], f"via 172.16.0.254 dev {NIC}"),
        ([fakes.route("default", NIC)], f"dev {NIC}"),
        ([fakes.route("default", "", type="unreachable")], "unreachable"),
    ],
    ids=["none", "two", "elsewhere", "another-router", "no-router", "unreachable"],
)
def test_a_default_route_that_is_not_the_one_given(default: list[Row], seen: str) -> None:
    found = refusal(leaving(*default))
    assert (found.about, found.seen) == ("default route", seen)
    assert f"via {GATEWAY} dev {NIC}" in found.then


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_another_default_route_is_kept_while_it_is_the_second_choice(mine: int, other: int) -> None:
    second = fakes.route("default", OTHER_NIC, gateway="10.0.0.1", metric=other)
    host = leaving(fakes.default(NIC, metric=mine), second)
    if other > mine:
        found = told(look(host), "note", "default route")
        assert f"via 10.0.0.1 dev {OTHER_NIC} metric {other}" in found.seen
        assert "kept" in found.then
    else:
        assert "uses this route and not the one of the NIC" in refusal(host).why


def test_a_metric_is_shown_and_kept() -> None:
    found = told(look(leaving(fakes.default(NIC, metric=100))), "ok", "default route")
    assert "metric 100" in found.seen
    assert "metric kept" in found.why


def test_a_multipath_route_through_the_nic() -> None:
    ways = f"via 172.16.0.1 dev {NIC} weight 1, via 10.0.0.1 dev enp4s0f1 weight 1"
    found = refusal(plus("routes", fakes.route("10.5.0.0/16", "", nexthops=ways)))
    assert (found.about, found.seen) == ("route to 10.5.0.0/16", ways)


def test_a_multipath_route_through_another_nic_of_a_longer_name_is_as_it_was() -> None:
    ways = f"via 10.0.0.2 dev {NIC}9 weight 1, via 10.0.0.1 dev enp4s0f1 weight 1"
    assert look(plus("routes", fakes.route("10.5.0.0/16", "", nexthops=ways)))


def policy(**other: object) -> Snapshot:
    row = {"family": "inet", "priority": 100, "src": "all", "dst": "all", "table": 7, **other}
    return plus("rules", row)


@pytest.mark.parametrize("side", ["iif", "oif"])
def test_a_policy_rule_bound_to_the_nic_is_refused_with_all_that_is_to_be_done(side: str) -> None:
    found = refusal(policy(**{side: NIC}, dst="10.6.0.0/16", fwmark="0x1", action="lookup"))
    assert "priority 100" in found.seen
    command = f"ip rule add from all to 10.6.0.0/16 {side} {BRIDGE} fwmark 0x1 lookup 7"
    assert f"`{command} priority 100`" in found.then
    assert f"grep -rn '{side} {NIC}'" in found.then


def test_the_words_of_a_policy_rule_are_those_of_ip() -> None:
    row = {"family": "inet6", "src": "fd16::/64", "iif": NIC, "inverted": True}
    found = refusal(policy(**row, action="blackhole"))
    command = f"ip -6 rule add not from fd16::/64 iif {BRIDGE} blackhole priority 100"
    assert f"`{command}`" in found.then


@pytest.mark.parametrize("priority", [100, 99])
def test_a_policy_rule_bound_to_the_nic_with_its_like_for_the_bridge_is_fine(
    priority: int,
) -> None:
    common = {"family": "inet", "src": "all", "dst": "all", "action": "lookup", "table": 7}
    rows = [{**common, "priority": 100, "iif": NIC}]
    rows.append({**common, "priority": priority, "iif": BRIDGE})
    looked = look(plus("rules", *rows))
    found = [f for f in looked.findings if f.about == "policy rule"]
    assert [f.level for f in found] == ["note", "note"]
    assert f"it is there for {BRIDGE} too" in [f.why for f in found][priority == 99]


def test_a_policy_rule_bound_to_nothing_is_only_noted() -> None:
    assert told(look(policy(src="10.0.0.0/8")), "note", "policy rule")


def test_no_policy_rule_at_all_is_said_to_be_fine() -> None:
    assert told(look(), "ok", "policy rules")
