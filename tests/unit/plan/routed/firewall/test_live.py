from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, Row

from runbook.common.errors import Refused
from runbook.plan.changes.change import Change
from runbook.plan.changes.profile import AddRules, JumpFirst, SetPolicy
from runbook.plan.changes.steps import Command
from runbook.plan.routed.firewall.live import admit, expected_firewall
from runbook.state.host.operator_connection import Connection
from runbook.state.syntax.iptables_save import parse

OPERATOR = Connection("10.99.0.2", 50000, fakes.IP, 2222)
FILE = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
-A INPUT -i virbr1 -p udp -m udp --dport 53 -j ACCEPT
-A FORWARD -i virbr1 -o virbr1 -j ACCEPT
-A FORWARD -d 10.7.0.0/20 -i virbr1 -j ACCEPT
-A FORWARD -s 10.7.0.0/20 -m state --state NEW -j ACCEPT
-A FORWARD -s 10.7.0.0/255.255.240.0 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o virbr1 -j MASQUERADE
COMMIT
"""


def changes(
    *rules: Row, operator: Connection | None = OPERATOR, text: str | None = None, **asked: object
) -> list[Change]:
    if text is not None:
        asked |= {"rules": "x.rules", "rules_text": text}
    seen = fakes.seen(firewall=list(rules))
    return list(admit(expected_firewall(fakes.params(**asked), seen, operator), seen))


def test_keep_touches_nothing() -> None:
    assert changes() == []


def test_nobody_is_cut_off_between_two_steps() -> None:
    made = changes(firewall="drop")
    kinds = [type(change) for change in made]
    assert kinds == [AddRules] * 2 + [JumpFirst] * 4 + [SetPolicy] * 4
    steps = [step for change in reversed(made) for step in change.undo()]
    verbs = [step.argv[5] for step in steps if isinstance(step, Command)]
    assert verbs == ["-P"] * 4 + ["-D"] * 4 + ["-F", "-F", "-X", "-X"] * 2


def test_the_operator_is_let_in_by_address_and_port_whatever_the_state() -> None:
    four, six = (c for c in changes(firewall="drop") if isinstance(c, AddRules))
    said = [r.text for r in four.rules if "10.99.0.2" in r.text]
    assert said == ["-A RUNBOOK-IN -s 10.99.0.2/32 -p tcp -m tcp --dport 2222 -j ACCEPT"]
    assert not [r for r in six.rules if "dport" in r.text]
    other = Connection("2001:db8::9", 1, "2001:db8::1", 22)
    four, six = (c for c in changes(firewall="drop", operator=other) if isinstance(c, AddRules))
    assert not [r for r in four.rules if "dport" in r.text]
    assert [r for r in six.rules if "-s 2001:db8::9/128" in r.text]


@pytest.mark.parametrize("dns", [True, False])
def test_dns_is_answered_on_the_bridge_only_if_asked(*, dns: bool) -> None:
    four = next(c for c in changes(firewall="drop", dns=dns) if isinstance(c, AddRules))
    served = [r.text for r in four.rules if "--dport 53" in r.text]
    assert len(served) == (2 if dns else 0)
    assert all(f"-i {BRIDGE} " in text for text in served)
    assert f"-A RUNBOOK-FWD -i {BRIDGE} -o {BRIDGE} -j ACCEPT" in [r.text for r in four.rules]


def test_policies_go_back_to_what_they_were() -> None:
    dropped = [fakes.rule("-P INPUT DROP", 0), fakes.rule("-P OUTPUT DROP", 0)]
    made = [c for c in changes(*dropped, firewall="accept") if isinstance(c, SetPolicy)]
    assert {(c.family, c.chain, c.policy) for c in made} == {
        ("inet", "INPUT", "ACCEPT"), ("inet", "OUTPUT", "ACCEPT"),
    }  # fmt: skip
    assert {step.argv[-1] for c in made for step in c.undo() if isinstance(step, Command)} == {
        "DROP"
    }


def test_of_a_file_what_libvirt_makes_is_left_to_it_and_each_other_rule_is_added_once() -> None:
    (added, policy) = changes(text=FILE)
    assert isinstance(added, AddRules)
    assert [r.text for r in added.rules] == [
        "-A FORWARD -d 10.7.0.0/20 -i virbr1 -j ACCEPT",
        "-A FORWARD -s 10.7.0.0/20 -m state --state NEW -j ACCEPT",
        "-A POSTROUTING -o virbr1 -j MASQUERADE",
    ]
    assert isinstance(policy, SetPolicy)
    assert (policy.chain, policy.policy) == ("FORWARD", "DROP")
    (step,) = added.do()
    assert isinstance(step, Command)
    assert "--noflush" in step.argv
    assert [t.name for t in parse(step.stdin.decode()).tables] == ["filter", "nat"]
    assert len(added.undo()) == 3


def test_a_rule_that_is_there_in_another_spelling_is_not_added_again() -> None:
    there = fakes.rule("-A FORWARD -s 10.7.0.0/20 -m conntrack --ctstate NEW -j ACCEPT", 1)
    (added, _) = changes(there, text=FILE)
    assert isinstance(added, AddRules)
    assert not [r for r in added.rules if "NEW" in r.text]


def test_the_profile_s_policies_win_over_the_file_s() -> None:
    made = [c for c in changes(text=FILE, firewall="accept") if isinstance(c, SetPolicy)]
    assert made == []


def test_a_chain_of_that_name_which_is_somebody_else_s_is_refused() -> None:
    foreign = [fakes.rule("-N RUNBOOK-IN", 0), fakes.rule("-A RUNBOOK-IN -j ACCEPT", 1)]
    with pytest.raises(Refused, match="RUNBOOK-IN already"):
        changes(*foreign, firewall="drop")


def test_what_is_all_there_needs_nothing() -> None:
    first = changes(firewall="drop")
    rows: list[Row] = []
    for change in first:
        match change:
            case AddRules():
                rows += [
                    fakes.rule(r.text, n, family=change.family)
                    for n, r in enumerate(change.rules, 1)
                ]
            case JumpFirst():
                rows.append(fakes.rule(change.after, 1, family=change.family))
            case SetPolicy():
                text = f"-P {change.chain} {change.policy}"
                rows.append(fakes.rule(text, 0, family=change.family))
    assert changes(*rows, firewall="drop") == []
