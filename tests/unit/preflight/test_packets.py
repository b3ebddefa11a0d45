"""The operator's own packets through the rules as they will be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, GOOD, LOADED, NIC, OPERATOR, Row

from runbook.params import Params
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Finding, packets, preflight
from runbook.preflight.finding import Case
from runbook.state.host.environment import Surroundings
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import Snapshot

SSH = "-p tcp -m tcp --dport 22 -j ACCEPT"
CALL = "net.bridge.bridge-nf-call-iptables"
DROPPING = fakes.rule("-P INPUT DROP", 0)


def found(
    *rules: Row,
    around: Surroundings = GOOD,
    sysctl: tuple[str, ...] = (),
    nft: tuple[Row, ...] = (),
    **asked: object,
) -> list[Finding]:
    set_to = [{"name": name, "value": "1"} for name in sysctl]
    tables = {**fakes.more("sysctl", *set_to), "firewall": list(rules), "nftables": list(nft)}
    seen, params = fakes.seen(**tables), fakes.params(**asked)
    return judged(params, make_plan(params, seen, around.operator), seen, around)


def judged(params: Params, plan: Plan, seen: Snapshot, around: Surroundings) -> list[Finding]:
    case = Case(params, plan, seen, around)
    return [finding for rule in packets.RULES for finding in rule(case)]


def told(level: str, findings: list[Finding]) -> list[str]:
    return [f"{f.about}: {f.seen}" for f in findings if f.level == level]


def numbered(*texts: str) -> list[Row]:
    return [fakes.rule(text, number) for number, text in enumerate(texts, start=1)]


def test_keep_says_that_nothing_is_touched() -> None:
    (warned,) = told("note", found())
    assert "profile keep" in warned
    assert told("block", found()) == []


def test_a_rule_for_the_nic_has_its_twin_and_lets_the_operator_in() -> None:
    rules = [DROPPING, *numbered(f"-A INPUT -i {NIC} {SSH}")]
    assert told("block", found(*rules)) == []


def test_an_operator_who_would_be_cut_off_is_told_by_which_rule() -> None:
    rules = [DROPPING, *numbered(f"-A INPUT ! -i {BRIDGE} {SSH}")]
    refused = told("block", found(*rules))
    assert len(refused) == 2
    assert all("-P INPUT DROP" in line and BRIDGE in line for line in refused)


def test_a_doubt_that_was_there_before_is_a_warning_and_a_new_one_a_refusal() -> None:
    known = [DROPPING, *numbered("-A INPUT -m set --match-set friends src -j ACCEPT")]
    assert told("block", found(*known)) == []
    assert [line for line in told("note", found(*known)) if "friends" in line]
    new = f"-A INPUT -i {BRIDGE} -m set --match-set friends src -j DROP"
    assert [line for line in told("block", found(*numbered(new))) if "UNSURE" in line]


def test_an_answer_that_would_not_come_out_is_refused() -> None:
    refused = told("block", found(*numbered(f"-A OUTPUT -o {BRIDGE} -p tcp -j DROP")))
    assert [line for line in refused if "the answer to you" in line]


def test_an_operator_on_another_interface_is_judged_there() -> None:
    elsewhere = replace(GOOD, operator=Connection("10.0.0.9", 5, "10.0.0.1", 22))
    address = fakes.address("enp4s0f1", "10.0.0.1/24")
    rules = numbered(f"-A INPUT -i {BRIDGE} -j DROP")
    seen = fakes.seen(**fakes.more("addresses", address), firewall=rules)
    params = fakes.params()
    plan = make_plan(params, seen)
    assert told("block", judged(params, plan, seen, elsewhere)) == []
    assert told("block", judged(params, plan, seen, GOOD))


def test_profile_drop_lets_the_operator_in_past_all_else() -> None:
    rules = [DROPPING, *numbered("-A INPUT -p tcp -j REJECT")]
    assert told("block", found(*rules, firewall="drop")) == []


def test_native_tables_that_drop_leave_a_doubt_as_before() -> None:
    place = {"family": "inet", "table": "host"}
    base = {**place, "chain": "input", "position": 0, "rule": '{"hook": "input", "policy": "drop"}'}
    assert [line for line in told("note", found(nft=(base,))) if "policy of input" in line]
    assert told("block", found(nft=(base,))) == []
    quiet = {**base, "rule": '{"hook": "input", "policy": "accept"}'}
    assert len(told("note", found(nft=(quiet,)))) == 1


@pytest.mark.parametrize("asked", [{"firewall": "accept"}, {"firewall": "drop"}, {"rules": "x"}])
def test_what_a_boot_would_not_load_is_refused_with_the_package(asked: dict[str, Any]) -> None:
    asked = {"consent": ["bpdu", "accept-all"], "rules_text": "", **asked}
    for missing in (replace(LOADED, missing=("15-ip4tables",)), replace(LOADED, enabled=False)):
        (refused,) = told("block", found(around=replace(GOOD, persistence=missing), **asked))
        assert "iptables-persistent" in refused
    assert told("block", found(**asked)) == []


def test_accept_needs_somebody_who_takes_it_on() -> None:
    (asked,) = (f for f in found(firewall="accept") if f.level == "consent")
    assert asked.name == "accept-all"
    assert "INPUT, FORWARD and OUTPUT accept" in asked.seen


def test_drop_without_a_known_operator_is_refused_where_sshd_listens() -> None:
    nobody = replace(GOOD, operator=None)
    assert told("block", found(around=nobody, firewall="drop"))
    deaf = replace(nobody, sshd_listens=())
    assert told("block", found(around=deaf, firewall="drop")) == []
    assert told("block", found(around=nobody)) == []


def test_trap_bridged_guests_are_dropped_by_a_forward_policy() -> None:
    closed = fakes.rule("-P FORWARD DROP", 0)
    (warned,) = [
        w for w in told("consent", found(closed, sysctl=(CALL,), forward="open")) if "guests" in w
    ]
    assert "-P FORWARD DROP" in warned
    for harmless in (
        found(closed, sysctl=(CALL,), forward="nat"),
        found(closed, forward="open"),
        found(sysctl=(CALL,), forward="open"),
        found(closed, sysctl=(CALL,), forward="open", firewall="drop"),
        found(closed, *numbered(f"-A FORWARD -i {BRIDGE} -o {BRIDGE} -j ACCEPT"),
              sysctl=(CALL,), forward="open"),
    ):  # fmt: skip
        assert not [w for w in told("consent", harmless) if w.startswith("guests")]
    # Guests on the LAN are what the change is for, so it is not made against that unasked.
    (needed,) = [f for f in found(closed, sysctl=(CALL,), forward="open") if f.level == "consent"]
    assert needed.name in needed.then
    assert fakes.params(consent=["bpdu", needed.name])


def test_what_docker_drops_is_said_of_each_family_with_its_own_remedy() -> None:
    rows = (
        fakes.rule("-P FORWARD DROP", 0),
        fakes.rule("-P FORWARD DROP", 0, family="inet6"),
        fakes.rule("-N DOCKER-USER", 0),
        fakes.rule("-A DOCKER-USER -j RETURN", 1),
    )
    both = (CALL, "net.bridge.bridge-nf-call-ip6tables")
    four, six = [f for f in found(*rows, sysctl=both, forward="open") if f.about == "guests"]
    accept = f"-i {BRIDGE} -o {BRIDGE} -j ACCEPT"
    assert (four.level, six.level) == ("consent", "consent")
    assert "IPv4" in four.seen
    assert "answer ARP only" in four.why
    assert f"iptables -I DOCKER-USER {accept}" in four.then
    assert "IPv6" in six.seen
    assert "not even find their IPv6 neighbours" in six.why
    assert f"ip6tables -I FORWARD {accept}" in six.then


def test_preflight_asks_for_all_of_it() -> None:
    seen, params = fakes.seen(), fakes.params()
    cleared = preflight(params, make_plan(params, seen), seen, GOOD)
    assert [f for f in cleared.findings if "profile keep" in f.seen]
    assert all(isinstance(f, Finding) for f in cleared.findings)


def test_a_boot_that_may_flush_what_it_loaded_is_refused() -> None:
    flushing = replace(GOOD, persistence=replace(LOADED, nftables=True))
    conf = fakes.file("/etc/nftables.conf", "#!/usr/sbin/nft -f\nflush ruleset\n")
    seen, params = fakes.seen(**fakes.more("files", conf)), fakes.params(firewall="drop")
    plan = make_plan(params, seen, OPERATOR)
    (refused,) = told("block", judged(params, plan, seen, flushing))
    assert "flush ruleset" in refused
    assert told("block", judged(params, plan, seen, GOOD)) == []
    assert told("block", found(around=flushing, firewall="drop")) == []


def test_a_policy_that_the_undo_would_put_back_wrongly_is_refused() -> None:
    legacy = replace(GOOD, persistence=replace(LOADED, backend="legacy"))
    asked: dict[str, Any] = {"firewall": "accept", "consent": ["bpdu", "accept-all"]}
    closed = fakes.rule("-P FORWARD DROP", 0)
    (refused,) = told("block", found(closed, around=legacy, **asked))
    assert "legacy" in refused
    assert told("block", found(around=legacy, firewall="drop")) == []
    unsaid = replace(GOOD, persistence=replace(LOADED, backend=""))
    assert told("block", found(around=unsaid, firewall="drop"))


def test_drop_says_who_gets_in_by_ssh() -> None:
    (noted,) = told("note", found(firewall="drop"))
    assert "10.99.0.2" in noted
    assert "22" in noted
