from __future__ import annotations

import pytest
from hypothesis import given
from tests.unit.plan.changes.test_firewall import arguments, argv, as_saved

from runbook.plan.changes.profile import AddRules, InTable, JumpFirst, SetPolicy
from runbook.plan.changes.steps import Command
from runbook.state.syntax.iptables_save import parse

OWN = InTable("filter", "own")


def added(*texts: str, chains: tuple[InTable, ...] = (OWN,), family: str = "inet") -> AddRules:
    rules = tuple(InTable("nat" if "POSTROUTING" in t else "filter", t) for t in texts)
    return AddRules(family, chains, rules, "say what is needed")


def load(change: AddRules) -> Command:
    (step,) = change.do()
    assert isinstance(step, Command)
    return step


@pytest.mark.parametrize(("family", "program"), [("inet", "iptables"), ("inet6", "ip6tables")])
def test_rules_are_loaded_beside_what_is_there(family: str, program: str) -> None:
    step = load(added("-A own -j ACCEPT", family=family))
    assert step.argv == (f"{program}-restore", "--wait=5", "--noflush")
    assert step.describe().startswith(program)


def test_a_table_is_named_once_and_its_chains_come_before_its_rules() -> None:
    rules = ("-A INPUT -j own", "-A POSTROUTING -j MASQUERADE", "-A own -j ACCEPT")
    nat, filtering = sorted(parse(load(added(*rules)).stdin.decode()).tables, key=lambda t: t.name)[
        ::-1
    ]
    assert [rule.text for rule in nat.rules] == [rules[1]]
    assert [rule.text for rule in filtering.rules] == [rules[0], rules[2]]
    assert [chain.name for chain in filtering.chains] == ["own"]
    # A built-in chain that is declared would have its policy set.
    assert nat.chains == ()


def test_the_way_back_takes_rules_by_content_and_chains_last() -> None:
    change = added("-A INPUT -j own", "-A own -j ACCEPT", "-A FORWARD -i eth0 -j DROP")
    told = [step.argv[5:] for step in change.undo() if isinstance(step, Command)]
    assert told == [
        ("-D", "FORWARD", "-i", "eth0", "-j", "DROP"),
        ("-D", "INPUT", "-j", "own"),
        ("-F", "own"),
        ("-X", "own"),
    ]


@given(arguments)
def test_a_comment_is_taken_away_by_the_words_it_was_put_in_by(said: str) -> None:
    text = f"-A INPUT -m comment --comment {as_saved(said)} -j ACCEPT"
    change = added(text, chains=())
    assert text in load(change).stdin.decode().split("\n")
    assert argv(change.undo())[7:] == ("-m", "comment", "--comment", said, "-j", "ACCEPT")


def test_a_jump_goes_first_and_a_policy_comes_back_to_what_it_was() -> None:
    start = ("ip6tables", "-w", "5", "-t", "filter")
    jump = JumpFirst("inet6", "INPUT", "own")
    assert argv(jump.do()) == (*start, "-I", "INPUT", "1", "-j", "own")
    assert argv(jump.undo()) == (*start, "-D", "INPUT", "-j", "own")
    policy = SetPolicy("inet6", "filter", "INPUT", "DROP", "ACCEPT")
    assert argv(policy.do()) == (*start, "-P", "INPUT", "DROP")
    assert argv(policy.undo()) == (*start, "-P", "INPUT", "ACCEPT")


def test_the_operator_reads_what_will_be() -> None:
    change = added("-A own -j ACCEPT")
    assert (change.before, change.after) == ("none of these rules", "filter: -A own -j ACCEPT")
    assert JumpFirst("inet", "INPUT", "own").after == "-A INPUT -j own"
    policy = SetPolicy("inet", "filter", "INPUT", "DROP", "ACCEPT")
    assert policy.before == "iptables filter: -P INPUT ACCEPT"
    assert policy.after == "iptables filter: -P INPUT DROP"
