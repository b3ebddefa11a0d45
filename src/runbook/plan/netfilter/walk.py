"""Walks a packet through the chains: the verdict, and which rules decided it.

Nothing is guessed: where a rule cannot be judged, both ways are followed, and
the verdict is UNSURE unless they come to the same. It is never ACCEPT then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from runbook.plan.netfilter.matches import matches
from runbook.plan.netfilter.packet import Packet
from runbook.plan.netfilter.rule import ParsedRule, parsed
from runbook.plan.netfilter.ruleset import ChainPlace, Chains, LiveChain


class PacketVerdict(StrEnum):
    """What becomes of the packet."""

    ACCEPT = "ACCEPT"
    DROP = "DROP"
    REJECT = "REJECT"
    UNSURE = "UNSURE"


LOST = frozenset((PacketVerdict.DROP, PacketVerdict.REJECT))
ENDS = {v.value: v for v in (PacketVerdict.ACCEPT, PacketVerdict.DROP, PacketVerdict.REJECT)}
# Targets after which the next rule is looked at, whatever they do besides.
GOES_ON = frozenset(
    (
        *("", "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "SET", "TCPMSS", "CHECKSUM", "TRACE"),
        *("CT", "NOTRACK", "DSCP", "TOS", "TTL", "HL", "CLASSIFY", "AUDIT", "CONNSECMARK"),
        "SECMARK",
    )
)
# In the nat table these end the walk, and the packet goes on with another address.
REWRITES_SOURCE = ("MASQUERADE", "SNAT")
NEXT, RETURN = "next", "RETURN"
# The kernel's own limit is 16 for nft (NFT_JUMP_STACK_SIZE); legacy iptables has none.
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class DecidingRule:
    """A rule, or a policy, that had a say; `certain` where it surely matched."""

    place: ChainPlace
    rule: str
    certain: bool

    def __str__(self) -> str:
        """One line of a trace."""
        may = "" if self.certain else "   (may match)"
        return f"{self.place.table} {self.rule}{may}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and the rules that led to it in the order in which they were met."""

    verdict: PacketVerdict
    trace: tuple[DecidingRule, ...]

    @property
    def explanation(self) -> str:
        """The verdict and its rules, a line each."""
        return "\n".join((self.verdict, *(f"  {line}" for line in self.trace)))


@dataclass(slots=True)
class _Walk:
    """One packet on its way. A way is a verdict, or where the packet goes on."""

    chains: Chains
    packet: Packet
    trace: list[DecidingRule] = field(default_factory=list)
    known: dict[ChainPlace, frozenset[str]] = field(default_factory=dict)

    def through(self, chain: LiveChain, above: tuple[ChainPlace, ...] = ()) -> frozenset[str]:
        """The ways out of the chain."""
        if chain.place not in self.known:
            ways = frozenset(self._ways(chain, (*above, chain.place)))
            self.known[chain.place] = ways
        return self.known[chain.place]

    def _ways(self, chain: LiveChain, above: tuple[ChainPlace, ...]) -> Iterator[str]:
        for text in chain.rules:
            met = self._meet(chain, text, above)
            yield from met - {NEXT}
            if NEXT not in met:
                return
        yield RETURN

    def _meet(self, chain: LiveChain, text: str, above: tuple[ChainPlace, ...]) -> frozenset[str]:
        rule = _understood(text)
        match = None if rule is None else matches(self.packet, rule)
        if match is False or (rule and rule.target in GOES_ON):
            return frozenset((NEXT,))
        self.trace.append(DecidingRule(chain.place, text, certain=bool(match)))
        sent = self._sent(rule, chain.place, above)
        return sent if match else sent | {NEXT}

    def _sent(
        self, rule: ParsedRule | None, place: ChainPlace, above: tuple[ChainPlace, ...]
    ) -> frozenset[str]:
        target = rule.target if rule else "?"
        if target in REWRITES_SOURCE and place.table == "nat":
            return frozenset((PacketVerdict.ACCEPT,))
        if target == RETURN:
            return frozenset((RETURN,))
        if target in ENDS:
            return frozenset((ENDS[target],))
        to = self.chains.get(replace(place, chain=target))
        if rule is None or to is None or to.policy or to.place in above or len(above) >= DEEPEST:
            # What is not known here may do anything.
            return frozenset((PacketVerdict.UNSURE,))
        ways = self.through(to, above)
        back = {RETURN if rule.goto else NEXT} if RETURN in ways else set()
        return ways - {RETURN} | back


def _understood(text: str) -> ParsedRule | None:
    try:
        return parsed(text)
    except ValueError:
        return None


def walk(chains: Chains, packet: Packet, place: ChainPlace) -> Judgement:
    """The packet through one built-in chain."""
    chain = chains.get(place)
    if chain is None:
        raise ValueError(f"{place.chain} is not built in")
    walking = _Walk(chains, packet)
    ways = walking.through(chain)
    if RETURN in ways:
        policy = ENDS.get(chain.policy, PacketVerdict.UNSURE)
        ways = ways - {RETURN} | {policy}
        walking.trace.append(DecidingRule(place, f"-P {place.chain} {chain.policy}", certain=True))
    return Judgement(_one(ways), tuple(walking.trace))


def _one(ways: frozenset[str]) -> PacketVerdict:
    if ways == {PacketVerdict.ACCEPT}:
        return PacketVerdict.ACCEPT
    if ways <= LOST:
        return PacketVerdict(min(ways))
    return PacketVerdict.UNSURE
