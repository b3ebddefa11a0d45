"""What a profile and a rules file ask for, as changes to the live rules."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.common.errors import Refused
from runbook.params import Params
from runbook.plan.changes.profile import AddRules, InTable, JumpFirst, SetPolicy
from runbook.plan.netfilter.expected import (
    ExpectedFirewall,
    ExpectedRule,
    RuleKey,
    live_among,
)
from runbook.plan.netfilter.owner import RUNBOOK_CHAIN
from runbook.plan.netfilter.ruleset import ACCEPT, ChainPlace, Chains, live, usual_backend
from runbook.plan.routed.firewall import rules_file
from runbook.plan.routed.firewall.profile import PARENTS, is_jump, profile
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import Snapshot

Change = AddRules | JumpFirst | SetPolicy


def expected_firewall(
    params: Params, snapshot: Snapshot, operator: Connection | None
) -> ExpectedFirewall:
    """What the profile and the file ask for, together."""
    file, own = rules_file.expected_of_file(params, snapshot), profile(params, operator)
    return ExpectedFirewall(
        file.policies + own.policies, file.chains + own.chains, file.rules + own.rules
    )


def admit(expected: ExpectedFirewall, snapshot: Snapshot) -> Iterator[Change]:
    """Rules first, then what leads to them, then the policies: nobody is cut off between."""
    there = live_among(expected.rules, snapshot.rows(FirewallRow))
    _no_other_chains(expected, snapshot, there)
    lacking = [rule for rule in expected.rules if rule.key not in there]
    own = [rule for rule in lacking if rule.chain.startswith(RUNBOOK_CHAIN)]
    jumps = [rule for rule in lacking if is_jump(rule)]
    file = _once([rule for rule in lacking if rule not in (*own, *jumps)])
    yield from _added(expected, snapshot, file, "reproduce the rules of the file")
    yield from _added(expected, snapshot, own, "say what the host and its guests need")
    for rule in jumps:
        name = next(own for own in PARENTS if rule.rule.endswith(f" {own}"))
        yield JumpFirst(rule.family, PARENTS[name], name)
    yield from _policies(expected, snapshot)


def _once(wanted: list[ExpectedRule]) -> list[ExpectedRule]:
    """Without those that say again what one before them says."""
    return list({rule.key: rule for rule in reversed(wanted)}.values())[::-1]


def _added(
    expected: ExpectedFirewall, snapshot: Snapshot, wanted: list[ExpectedRule], title: str
) -> Iterator[AddRules]:
    there = {(r.family, r.table, r.chain) for r in snapshot.rows(FirewallRow)}
    for family in dict.fromkeys(rule.family for rule in wanted):
        rules = [rule for rule in wanted if rule.family == family]
        ours = rules[0].chain.startswith(RUNBOOK_CHAIN)
        chains = tuple(
            InTable(chain.table, chain.name)
            for chain in expected.chains
            if (family, chain.table, chain.name) not in there
            and chain.family == family
            and chain.name.startswith(RUNBOOK_CHAIN) == ours
        )
        yield AddRules(family, chains, tuple(InTable(r.table, r.rule) for r in rules), title)


def _policies(expected: ExpectedFirewall, snapshot: Snapshot) -> Iterator[SetPolicy]:
    rules = snapshot.rows(FirewallRow)
    chains, backend = live(rules), usual_backend(rules)
    for wanted in expected.policies:
        before = _policy(chains, ChainPlace(backend, wanted.family, wanted.table, wanted.chain))
        if before != wanted.policy:
            yield SetPolicy(wanted.family, wanted.table, wanted.chain, wanted.policy, before)


def _policy(chains: Chains, place: ChainPlace) -> str:
    chain = chains.get(place)
    return chain.policy if chain else ACCEPT


def _no_other_chains(expected: ExpectedFirewall, snapshot: Snapshot, there: set[RuleKey]) -> None:
    """Refuse where chains of runbook's name are there and are not what they should be."""
    present = {(r.family, r.chain) for r in snapshot.rows(FirewallRow)}
    for rule in expected.rules:
        own = rule.chain.startswith(RUNBOOK_CHAIN) and (rule.family, rule.chain) in present
        if own and rule.key not in there:
            raise Refused(
                f"there is a chain {rule.chain} already, and it does not hold `{rule.rule}`",
                host=snapshot.host,
                then=f"see what is in it; take it away with its jump, or rename it: "
                f"the profile makes {rule.chain} itself",
            )
