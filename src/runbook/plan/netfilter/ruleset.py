"""The live rules as chains to walk through, and what iptables commands make of them.

The commands are those of a plan's steps, so that what will be is worked out
from what will be run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from runbook.common import octets
from runbook.plan.changes.firewall import PROGRAMS
from runbook.plan.changes.steps import Command
from runbook.state.firewall import FirewallRow
from runbook.state.syntax import iptables_save
from runbook.state.syntax.iptables_save import words

BUILT_IN = frozenset(("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"))
ACCEPT = "ACCEPT"
PLAIN = {"iptables": "inet", "ip6tables": "inet6"}
RESTORE = "-restore"


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """A chain's place: backend, family, table, chain."""

    backend: str
    family: str
    table: str
    chain: str


@dataclass(frozen=True, slots=True)
class LiveChain:
    """A chain: its policy, '' where it is not built in, and its rules from `-A` on."""

    place: ChainPlace
    policy: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chains:
    """All chains of both backends and both families."""

    chains: tuple[LiveChain, ...]
    _at: Mapping[ChainPlace, LiveChain] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the chains by their place."""
        object.__setattr__(self, "_at", {chain.place: chain for chain in self.chains})

    def get(self, place: ChainPlace) -> LiveChain | None:
        """The chain at a place; an unused built-in chain is empty and accepts."""
        return self._at.get(place) or (
            LiveChain(place, ACCEPT) if place.chain in BUILT_IN else None
        )

    def put(self, chain: LiveChain) -> Chains:
        """The same with this chain in its place."""
        others = (c for c in self.chains if c.place != chain.place)
        return Chains((*others, chain))


def live(firewall: Iterable[FirewallRow]) -> Chains:
    """The chains of a snapshot's firewall table."""
    edited = _Edited()
    found: dict[tuple[str, str, str, str], list[FirewallRow]] = {}
    for row in firewall:
        found.setdefault((row.backend, row.family, row.table, row.chain), []).append(row)
    for where, rows in found.items():
        place = ChainPlace(*where)
        rules = edited.rules_of(place)
        for row in sorted(rows, key=lambda r: r.position):
            if row.rule.startswith("-A "):
                rules.append(row.rule)
            else:
                policy = row.rule.rsplit(maxsplit=1)[-1] if row.rule[:2] == "-P" else ""
                edited.policies[place] = policy
    return edited.chains


@dataclass(slots=True)
class _Edited:
    """Chains that are edited in place: a host may have 50,000 rules, a plan a command for each."""

    policies: dict[ChainPlace, str] = field(default_factory=dict)
    rules: dict[ChainPlace, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, chains: Chains) -> Self:
        """The same chains."""
        policies = {chain.place: chain.policy for chain in chains.chains}
        return cls(policies, {chain.place: list(chain.rules) for chain in chains.chains})

    @property
    def chains(self) -> Chains:
        """What they are now."""
        places = self.policies.items()
        return Chains(tuple(LiveChain(place, p, tuple(self.rules[place])) for place, p in places))

    def rules_of(self, place: ChainPlace) -> list[str]:
        """The rules there, of a chain that is made where there is none."""
        self.policies.setdefault(place, ACCEPT if place.chain in BUILT_IN else "")
        return self.rules.setdefault(place, [])

    def remove(self, place: ChainPlace) -> None:
        """Remove the chain."""
        self.policies.pop(place, None)
        self.rules.pop(place, None)


def usual_backend(firewall: Sequence[FirewallRow]) -> str:
    """The backend that the host's `iptables` uses, as far as its rules show it.

    libvirt uses that one; without libvirt's chains it is the only one that
    holds rules, and nft, which is Debian's choice, where that does not tell.
    """
    own = [row for row in firewall if row.chain.startswith("LIBVIRT_")]
    for rows in (own, firewall):
        backends = {row.backend for row in rows}
        if len(backends) == 1:
            return backends.pop()
    return "nft"


def after(chains: Chains, steps: Iterable[object], backend: str) -> Chains:
    """The chains once the iptables commands among the steps were run."""
    edited = _Edited.of(chains)
    for step in steps:
        if isinstance(step, Command):
            _run(edited, step, backend)
    return edited.chains


def _run(edited: _Edited, step: Command, backend: str) -> None:
    program = step.argv[0]
    named = {name: pair for pair, name in PROGRAMS.items()}
    named |= {name: (backend, family) for name, family in PLAIN.items()}
    if program.endswith(RESTORE):
        _restore(edited, octets.text_of(step.stdin), *named[program.removesuffix(RESTORE)])
    elif program in named:
        _, _, _, _, table, verb, chain, *rest = step.argv
        _edit(edited, ChainPlace(*named[program], table, chain), verb, rest)


def _edit(edited: _Edited, place: ChainPlace, verb: str, rest: list[str]) -> None:
    rules = edited.rules_of(place)
    match verb:
        case "-P":
            edited.policies[place] = rest[0]
        case "-X":
            edited.remove(place)
        case "-F":
            rules.clear()
        case "-I":
            rules.insert(int(rest[0]) - 1, saved(place.chain, rest[1:]))
        case "-D":
            _delete(rules, rest)
        case _:
            raise ValueError(f"iptables {verb} is not worked out")


def _delete(rules: list[str], rest: list[str]) -> None:
    for number, rule in enumerate(rules):
        if list(words(rule)[2:]) == rest:
            del rules[number]
            return


def _restore(edited: _Edited, text: str, backend: str, family: str) -> None:
    """As `iptables-restore --noflush` does: a user chain that the text declares is emptied."""
    for table in iptables_save.parse(text).tables:
        for named in table.chains:
            place = ChainPlace(backend, family, table.name, named.name)
            if named.policy == iptables_save.USER_CHAIN:
                edited.remove(place)
                edited.rules_of(place)
            else:
                edited.rules_of(place)
                edited.policies[place] = named.policy
        for rule in table.rules:
            edited.rules_of(ChainPlace(backend, family, table.name, rule.chain)).append(rule.text)


def saved(chain: str, argv: Iterable[str]) -> str:
    """Arguments as a rule that iptables-save could have written."""
    return " ".join(("-A", chain, *map(_quoted, argv)))


def _quoted(word: str) -> str:
    if word and not set(word) & set("\"\\' \t"):
        return word
    return '"' + "".join(f"\\{c}" if c in "\"\\'" else c for c in word) + '"'
