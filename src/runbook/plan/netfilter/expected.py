"""What a change promises of the firewall, and whether a snapshot shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from runbook.plan.netfilter.canonical import Canonical, canonical, target_of
from runbook.plan.netfilter.libvirt import is_libvirts
from runbook.plan.netfilter.ruleset import ACCEPT
from runbook.state.files import FileRow
from runbook.state.firewall import FirewallRow
from runbook.state.syntax import iptables_save

Told = tuple[str, str, str, bool]
RuleKey = tuple[str, str, str, Canonical]
PROGRAM_OF = {"inet": "iptables", "inet6": "ip6tables"}
SAVED = {"inet": "/etc/iptables/rules.v4", "inet6": "/etc/iptables/rules.v6"}


@dataclass(frozen=True, slots=True)
class ExpectedPolicy:
    """The policy of a built-in chain."""

    family: str
    table: str
    chain: str
    policy: str


@dataclass(frozen=True, slots=True)
class ExpectedRule:
    """A rule from `-A` on that has to be there, wherever in its chain."""

    family: str
    table: str
    rule: str

    @property
    def chain(self) -> str:
        """The chain it stands in."""
        return self.rule.split()[1]

    @property
    def key(self) -> RuleKey:
        """A key that is the same for every spelling of the rule."""
        return (self.family, self.table, self.chain, canonical(self.rule))


@dataclass(frozen=True, slots=True)
class ExpectedChain:
    """A chain that is not built in."""

    family: str
    table: str
    name: str


@dataclass(frozen=True, slots=True)
class ExpectedFirewall:
    """Policies, chains and rules, live and in the files that netfilter-persistent loads at boot."""

    policies: tuple[ExpectedPolicy, ...] = ()
    chains: tuple[ExpectedChain, ...] = ()
    rules: tuple[ExpectedRule, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """The families that anything is expected of."""
        said = {p.family for p in self.policies} | {r.family for r in self.rules}
        return tuple(family for family in SAVED if family in said)

    def checks(self, firewall: Sequence[FirewallRow], files: Iterable[FileRow]) -> Iterator[Told]:
        """Each check as (about, promised, seen, whether they agree)."""
        contents = {file.path: file.content for file in files}
        for policy in self.policies:
            seen = _policy(firewall, policy)
            about = f"{PROGRAM_OF[policy.family]} {policy.table} {policy.chain}"
            yield (about, f"policy {policy.policy}", f"policy {seen}", seen == policy.policy)
        for family in self.families:
            yield from self._live(firewall, family)
            yield self._at_boot(contents.get(SAVED[family]), family)

    def _live(self, firewall: Sequence[FirewallRow], family: str) -> Iterator[Told]:
        wanted = [rule for rule in self.rules if rule.family == family]
        if wanted:
            there = live_among(wanted, firewall)
            lacking = [r.rule for r in wanted if r.key not in there]
            yield _listed(f"{PROGRAM_OF[family]} rules", len(wanted), lacking)

    def _at_boot(self, text: str | None, family: str) -> Told:
        about, promised = f"{SAVED[family]} at boot", "the same, and nothing of libvirt's"
        try:
            lacking = ["the file"] if text is None else self.lacking(text, family)
        except ValueError as error:
            lacking = [str(error)]
        return (about, promised, f"wrong: {lacking[0]}" if lacking else promised, not lacking)

    def lacking(self, text: str, family: str) -> list[str]:
        """Rules that a saved file lacks, and those of libvirt in it; ValueError if not parsable."""
        tables = iptables_save.parse(text).tables
        rules = {(family, t.name, r.chain, canonical(r.text)) for t in tables for r in t.rules}
        policies = {(t.name, c.name): c.policy for t in tables for c in t.chains}
        return [
            *(
                f"-P {p.chain} {p.policy}"
                for p in self.policies
                if p.family == family and policies.get((p.table, p.chain), ACCEPT) != p.policy
            ),
            *(r.rule for r in self.rules if r.family == family and r.key not in rules),
            *(r.text for t in tables for r in t.rules if is_libvirts(r.text)),
        ]


def live_among(wanted: Iterable[ExpectedRule], firewall: Iterable[FirewallRow]) -> set[RuleKey]:
    """The keys of the live rules that may be one of these; a host may have 50,000 others."""
    places = {(*rule.key[:3], target_of(rule.rule)) for rule in wanted}
    chains = {place[:3] for place in places}
    rows = (r for r in firewall if r.position and (r.family, r.table, r.chain) in chains)
    return {
        (r.family, r.table, r.chain, canonical(r.rule))
        for r in rows
        if (r.family, r.table, r.chain, target_of(r.rule)) in places
    }


def _policy(firewall: Iterable[FirewallRow], policy_expected: ExpectedPolicy) -> str:
    """The policy that packets meet: DROP where either backend drops."""
    place = (policy_expected.family, policy_expected.table, policy_expected.chain, 0)
    said = {
        row.rule.rsplit(maxsplit=1)[-1]
        for row in firewall
        if (row.family, row.table, row.chain, row.position) == place
    }
    return (said - {ACCEPT}).pop() if said - {ACCEPT} else ACCEPT


def _listed(about: str, count: int, lacking: list[str]) -> Told:
    promised = f"{count} there"
    return (about, promised, f"without {lacking[0]}" if lacking else promised, not lacking)


KINDS = (ExpectedFirewall, ExpectedPolicy, ExpectedChain, ExpectedRule)
