"""The live rules as chains to walk through, and what iptables commands make of them.

The commands are those of a plan's steps, so that what will be is worked out
from what will be run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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
class Place:
    """A chain's place: backend, family, table, chain."""

    backend: str
    family: str
    table: str
    chain: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain: its policy, '' where it is not built in, and its rules from `-A` on."""

    place: Place
    policy: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chains:
    """All chains of both backends and both families."""

    chains: tuple[Chain, ...]

    def get(self, place: Place) -> Chain | None:
        """The chain there; a built-in one that nobody has touched is empty and accepts."""
        for chain in self.chains:
            if chain.place == place:
                return chain
        return Chain(place, ACCEPT) if place.chain in BUILT_IN else None

    def put(self, chain: Chain) -> Chains:
        """The same with this chain in its place."""
        others = tuple(c for c in self.chains if c.place != chain.place)
        return Chains((*others, chain))

    def without(self, place: Place) -> Chains:
        """The same without it."""
        return Chains(tuple(c for c in self.chains if c.place != place))


def live(firewall: Iterable[FirewallRow]) -> Chains:
    """The chains of a snapshot's firewall table."""
    found: dict[Place, Chain] = {}
    for row in sorted(firewall, key=lambda r: r.position):
        place = Place(row.backend, row.family, row.table, row.chain)
        chain = found.get(place) or Chain(place, ACCEPT if place.chain in BUILT_IN else "")
        if row.rule.startswith("-A "):
            found[place] = replace(chain, rules=(*chain.rules, row.rule))
        else:
            policy = row.rule.rsplit(maxsplit=1)[-1] if row.rule[:2] == "-P" else ""
            found[place] = replace(chain, policy=policy)
    return Chains(tuple(found.values()))


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
    for step in steps:
        if isinstance(step, Command):
            chains = _run(chains, step, backend)
    return chains


def _run(chains: Chains, step: Command, backend: str) -> Chains:
    program = step.argv[0]
    named = {name: pair for pair, name in PROGRAMS.items()}
    named |= {name: (backend, family) for name, family in PLAIN.items()}
    if program.endswith(RESTORE):
        return _restore(chains, octets.text_of(step.stdin), *named[program.removesuffix(RESTORE)])
    if program not in named:
        return chains
    _, _, _, _, table, verb, chain, *rest = step.argv
    return _edit(chains, Place(*named[program], table, chain), verb, rest)


def _edit(chains: Chains, place: Place, verb: str, rest: list[str]) -> Chains:
    chain = chains.get(place) or Chain(place)
    match verb:
        case "-P":
            return chains.put(replace(chain, policy=rest[0]))
        case "-X":
            return chains.without(place)
        case "-F":
            return chains.put(replace(chain, rules=()))
        case "-I":
            at, rule = int(rest[0]) - 1, saved(place.chain, rest[1:])
            return chains.put(replace(chain, rules=(*chain.rules[:at], rule, *chain.rules[at:])))
        case "-D":
            return chains.put(replace(chain, rules=_less(chain.rules, rest)))
        case _:
            raise ValueError(f"iptables {verb} is not worked out")


def _less(rules: tuple[str, ...], rest: list[str]) -> tuple[str, ...]:
    for number, rule in enumerate(rules):
        if list(words(rule)[2:]) == rest:
            return (*rules[:number], *rules[number + 1 :])
    return rules


def _restore(chains: Chains, text: str, backend: str, family: str) -> Chains:
    """As `iptables-restore --noflush` does: a user chain that is named is made anew."""
    for table in iptables_save.parse(text).tables:
        for named in table.chains:
            place = Place(backend, family, table.name, named.name)
            own = named.policy == iptables_save.USER_CHAIN
            was = chains.get(place) or Chain(place)
            chains = chains.put(Chain(place) if own else replace(was, policy=named.policy))
        for rule in table.rules:
            place = Place(backend, family, table.name, rule.chain)
            was = chains.get(place) or Chain(place)
            chains = chains.put(replace(was, rules=(*was.rules, rule.text)))
    return chains


def saved(chain: str, argv: Iterable[str]) -> str:
    """Arguments as a rule that iptables-save could have written."""
    return " ".join(("-A", chain, *map(_quoted, argv)))


def _quoted(word: str) -> str:
    if word and not set(word) & set("\"\\' \t"):
        return word
    return '"' + "".join(f"\\{c}" if c in "\"\\'" else c for c in word) + '"'
