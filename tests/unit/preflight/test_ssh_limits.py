"""Rules that let in only so many new SSH connections."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight import RefusedByPreflight
from runbook.preflight.ssh_limits import ABOUT, CONSENT

STATE = "-m conntrack --ctstate NEW"


RECENT = (
    f"-A INPUT -p tcp -m tcp --dport 22 {STATE} -m recent --update --seconds 30 --hitcount 6"
    " --name SSH --mask 255.255.255.255 --rsource -j DROP"
)
HASHED = (
    "-A INPUT -p tcp -m tcp --dport 22 -m hashlimit --hashlimit-above 3/min --hashlimit-name ssh"
    " -j DROP"
)
PASS = f"-A INPUT -s {fakes.OPERATOR.client}/32 -p tcp -m tcp --dport 22 -j ACCEPT"


@pytest.mark.parametrize(
    "rule",
    [
        RECENT,
        HASHED,
        "-A INPUT -p tcp -m multiport --dports 21:23,80 -m limit --limit 3/min -j LOG",
        "-A INPUT -p tcp -m tcp --dport 22 -m connlimit --connlimit-above 3 -j REJECT",
    ],
)
def test_a_limit_is_named_with_the_rule_that_lets_the_operator_pass(rule: str) -> None:
    host = fakes.seen(firewall=[fakes.rule(rule, 1), fakes.rule("-A INPUT -j ACCEPT", 2)])
    with pytest.raises(RefusedByPreflight) as refused:
        look(host)
    (found,) = [f for f in refused.value.findings if f.about == ABOUT]
    assert (found.level, found.name) == ("consent", CONSENT)
    assert rule in found.seen
    assert f"iptables -I INPUT -s {fakes.OPERATOR.client} -p tcp --dport 22" in found.then


def test_a_limit_below_a_rule_that_lets_the_operator_pass_is_no_matter() -> None:
    host = fakes.seen(firewall=[fakes.rule(PASS, 1), fakes.rule(RECENT, 2)])
    assert told(look(host), "ok", ABOUT)


@pytest.mark.parametrize(
    "rule",
    [
        "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
        "-A INPUT -p tcp -m tcp --dport 80 -m limit --limit 3/min -j ACCEPT",
        "-A INPUT -m limit --limit 5/min -j LOG",
    ],
)
def test_a_rule_that_counts_no_ssh_connection_is_no_matter(rule: str) -> None:
    assert told(look(fakes.seen(firewall=[fakes.rule(rule, 1)])), "ok", ABOUT)


@pytest.mark.parametrize(
    "startups",
    [("maxstartups", "1:30:100"), ("maxstartups", "2:100:2"), ("persourcemaxstartups", "1")],
)
def test_an_sshd_that_may_refuse_the_second_of_two_is_named(startups: tuple[str, str]) -> None:
    found = refusal(around=replace(fakes.GOOD, sshd_startups=(startups,)))
    assert (found.level, found.name) == ("consent", CONSENT)
    assert " ".join(startups) in found.seen


@pytest.mark.parametrize("value", ["10:30:100", "none"])
def test_the_usual_limits_of_sshd_are_fine(value: str) -> None:
    around = replace(fakes.GOOD, sshd_startups=(("maxstartups", value),))
    assert told(look(around=around), "ok", "sshd's own limits")


def test_a_limit_of_nft_s_own_is_named_too() -> None:
    rule = (
        '[{"match": {"left": {"payload": {"field": "dport", "protocol": "tcp"}}, "op": "==",'
        ' "right": 22}}, {"limit": {"per": "minute", "rate": 3}}, {"accept": null}]'
    )
    place = {"family": "inet", "table": "filter", "chain": "input", "position": 1}
    assert refusal(fakes.seen(nftables=[{**place, "rule": rule}])).name == CONSENT
