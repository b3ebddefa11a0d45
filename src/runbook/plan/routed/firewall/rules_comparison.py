"""The rules file against the live rules, each difference explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.params import Params
from runbook.plan.netfilter.canonical import canonical
from runbook.plan.netfilter.compare import Key, Reasons, Row, RulesetEntry, compare
from runbook.plan.netfilter.libvirt import is_libvirts
from runbook.plan.netfilter.owner import LIBVIRT_CHAIN, RUNBOOK, owner
from runbook.plan.netfilter.ruleset import ACCEPT
from runbook.plan.routed.firewall.profile import POLICIES
from runbook.plan.routed.firewall.rules_file import OwnRules, lines, own_rules, rules_file
from runbook.plan.routed.firewall.twins import twin_of
from runbook.state.firewall import FirewallRow
from runbook.state.snapshot import Snapshot

INET = "inet"


def compared(params: Params, before: Snapshot, after: Snapshot) -> tuple[Row, ...] | None:
    """One row a rule; None where no file is given.

    `before` tells what of the live rules was there without the change.
    """
    ruleset = rules_file(params)
    if ruleset is None:
        return None
    file = [RulesetEntry(*line) for line in lines(ruleset)]
    why = _Why(params, own_rules(params, after), _keys(before), _keys(after), _twins(params, after))
    reasons = Reasons(why.of_file, why.of_live, why.of_both, why.moved_to)
    return compare(file, _entries(after), reasons)


def _entries(snapshot: Snapshot) -> list[RulesetEntry]:
    told = sorted(snapshot.rows(FirewallRow), key=lambda r: r.position)
    return [RulesetEntry(r.table, r.chain, r.rule) for r in told if r.family == INET]


def _keys(snapshot: Snapshot) -> frozenset[Key]:
    return frozenset(entry.key for entry in _entries(snapshot))


def _twins(params: Params, snapshot: Snapshot) -> frozenset[Key]:
    return frozenset(_twins_of(params, snapshot))


def _twins_of(params: Params, snapshot: Snapshot) -> Iterator[Key]:
    for entry in _entries(snapshot):
        twin = twin_of(entry.rule, params.holder, params.bridge)
        if twin:
            yield RulesetEntry(entry.table, entry.chain, twin).key


@dataclass(frozen=True, slots=True)
class _Why:
    """All that a reason can be found in."""

    params: Params
    own: OwnRules
    before: frozenset[Key]
    live: frozenset[Key]
    twins: frozenset[Key]

    def moved_to(self, entry: RulesetEntry) -> Key:
        """Where libvirt keeps the rule now, if it is one of libvirt's and not where it was."""
        own = self.own.find(entry.table, entry.chain, entry.rule)
        if own is None or entry.key in self.live:
            return entry.key
        return (own.table, own.chain, canonical(own.text()))

    def of_both(self, entry: RulesetEntry) -> str:
        """A rule of the file that is live."""
        to = self.moved_to(entry)
        if to != entry.key:
            return f"libvirt's own, now in chain {to[1]}"
        if self._libvirts(entry):
            return "libvirt's own"
        return "the same, as before" if entry.key in self.before else "the same, from the file"

    def of_file(self, entry: RulesetEntry) -> str:
        """A rule of the file that is not live."""
        if entry.rule.startswith("-P "):
            return self._policy(entry)
        if not self._libvirts(entry):
            return ""
        own = self.own.find(entry.table, entry.chain, entry.rule)
        if own and own.dhcp_only:
            return "libvirt makes this only where it serves DHCP"
        if self.params.forward == "open":
            return "libvirt's own: it makes none for forward: open"
        return "libvirt's own, of another release or network" if own is None else ""

    def of_live(self, entry: RulesetEntry) -> str:
        """A live rule that is not in the file."""
        if entry.rule.startswith("-P "):
            born = "as the chain was made" if entry.rule.endswith(f" {ACCEPT}") else ""
            return self._policy(entry) or self._kept(entry) or born
        if self._libvirts(entry):
            leads = " -j " + LIBVIRT_CHAIN in entry.rule
            return "libvirt's jump to a chain of its own" if leads else "libvirt's own"
        if owner(entry.chain, entry.rule) == RUNBOOK:
            return "runbook's profile"
        if entry.key in self.before:
            return self._kept(entry)
        return "runbook's twin for the bridge" if entry.key in self.twins else ""

    def _kept(self, entry: RulesetEntry) -> str:
        return "somebody else's, kept" if entry.key in self.before else ""

    def _policy(self, entry: RulesetEntry) -> str:
        ours = entry.table == "filter" and entry.chain in POLICIES[self.params.firewall]
        return f"policy set by profile {self.params.firewall}" if ours else ""

    def _libvirts(self, entry: RulesetEntry) -> bool:
        if not entry.rule.startswith("-A "):
            return entry.chain.startswith(LIBVIRT_CHAIN)
        known = self.own.find(entry.table, entry.chain, entry.rule)
        return known is not None or is_libvirts(entry.rule)
