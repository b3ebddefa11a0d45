"""Rules that let in only so many new SSH connections."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import Row
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight import RefusedByPreflight
from runbook.preflight.ssh_limits import ABOUT, CONSENT

STATE = "-m conntrack --ctstate NEW"
SYN = "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN"


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
        # On a new connection to any port.
        f"-A INPUT -p tcp {STATE} -m recent --update --seconds 60 --hitcount 8 --name ANY -j DROP",
        f"-A INPUT {STATE} -m hashlimit --hashlimit-above 6/min --hashlimit-name new -j DROP",
        "-A syn-flood -m limit --limit 6/min --limit-burst 3 -j RETURN",
        f"-A INPUT -p tcp {SYN} -m connlimit --connlimit-above 4 --connlimit-mask 32 -j REJECT",
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
        "-A INPUT -p icmp -m limit --limit 5/min -j ACCEPT",
        "-A FORWARD -p tcp -m limit --limit 5/min -j ACCEPT",
        "-A INPUT -m conntrack --ctstate ESTABLISHED -m limit --limit 5/min -j ACCEPT",
        # Far more than runbook makes.
        "-A INPUT -p tcp -m connlimit --connlimit-above 111 -j REJECT",
        "-A INPUT -p tcp -m limit --limit 60/sec --limit-burst 20 -j ACCEPT",
    ],
)
def test_a_rule_that_counts_no_ssh_connection_is_no_matter(rule: str) -> None:
    assert told(look(fakes.seen(firewall=[fakes.rule(rule, 1)])), "ok", ABOUT)


# As ufw has it.
TOLD = "-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny"
TELLS = (
    "-A ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min -j RETURN",
    '-A ufw-logging-deny -m limit --limit 3/min -j LOG --log-prefix "[UFW BLOCK] "',
)


@pytest.mark.parametrize(
    ("last", "is_a_limit"),
    [(TELLS[1], False), ("-A ufw-logging-deny -j DROP", True), ("-A ufw-logging-deny -j x", True)],
)
def test_a_chain_that_only_logs_is_no_limit(last: str, is_a_limit: bool) -> None:  # noqa: FBT001
    rules = [fakes.rule(TOLD, 1), fakes.rule(TELLS[0], 1), fakes.rule(last, 2)]
    host = fakes.seen(firewall=rules)
    if is_a_limit:
        with pytest.raises(RefusedByPreflight) as refused:
            look(host)
        assert [f.seen for f in refused.value.findings if f.about == ABOUT] == [TOLD]
    else:
        assert told(look(host), "ok", ABOUT)


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


PLACE = {"family": "inet", "table": "filter", "chain": "input", "position": 1}
NEW = '{"match": {"left": {"ct": {"key": "state"}}, "op": "in", "right": "new"}}'
ESTABLISHED = NEW.replace("new", "established")
UDP = '{"match": {"left": {"meta": {"key": "l4proto"}}, "op": "==", "right": "udp"}}'
SOURCE = '{"payload": {"field": "saddr", "protocol": "ip"}}'
RATE = '{"limit": {"inv": true, "per": "minute", "rate": 4}}'
COUNT = '{"ct count": {"inv": true, "val": 4}}'
SEEN = f'{{"set": {{"elem": {SOURCE}, "op": "add", "set": "@seen", "stmt": [{RATE}]}}}}'
METER = f'{{"meter": {{"key": {SOURCE}, "name": "m", "stmt": {COUNT}}}}}'
BLACK = f'{{"set": {{"elem": {SOURCE}, "op": "update", "set": "@seen"}}}}'
DROP, ACCEPT, LOG = '{"drop": null}', '{"accept": null}', '{"log": {"prefix": "x"}}'


def port(number: str) -> str:
    left = '{"payload": {"field": "dport", "protocol": "tcp"}}'
    return f'{{"match": {{"left": {left}, "op": "==", "right": {number}}}}}'


def native(*expressions: str) -> Row:
    return {**PLACE, "rule": f"[{', '.join(expressions)}]"}


@pytest.mark.parametrize(
    "rule",
    [
        (port("22"), RATE, ACCEPT),
        # On a new connection to any port, or to those of a set.
        (NEW, RATE, DROP),
        (NEW, COUNT, DROP),
        (NEW, SEEN, DROP),
        (NEW, METER, DROP),
        (port('"@admin"'), RATE, ACCEPT),
    ],
)
def test_a_limit_of_nft_s_own_is_named_too(rule: tuple[str, ...]) -> None:
    found = refusal(fakes.seen(nftables=[native(*rule)]))
    assert (found.about, found.name) == (ABOUT, CONSENT)
    assert "nft insert rule inet filter input" in found.then


@pytest.mark.parametrize(
    "rule",
    [
        (port("80"), RATE, ACCEPT),
        (UDP, RATE, ACCEPT),
        (RATE, LOG),
        (ESTABLISHED, RATE, ACCEPT),
        (NEW, RATE.replace("minute", "second"), ACCEPT),
        (NEW, COUNT.replace("4", "100"), DROP),
        (NEW, BLACK),
    ],
)
def test_a_rule_of_nft_s_own_that_counts_no_ssh_connection_is_no_matter(
    rule: tuple[str, ...],
) -> None:
    assert told(look(fakes.seen(nftables=[native(*rule)])), "ok", ABOUT)


def test_a_limit_of_nft_s_own_on_what_is_forwarded_is_no_matter() -> None:
    hook = '{"hook": "forward", "policy": "accept", "prio": 0, "type": "filter"}'
    rows = [{**PLACE, "position": 0, "rule": hook}, native(NEW, RATE, ACCEPT)]
    assert told(look(fakes.seen(nftables=rows)), "ok", ABOUT)
