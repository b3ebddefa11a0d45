"""Splits a rule's words into its matches and its target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from runbook.state.syntax.iptables_save import words

# One word of these is anything, also what looks like an option.
FREE = frozenset(
    ("--comment", "--log-prefix", "--nflog-prefix", "--string", "--hex-string", "--name", "--u32")
)
SHORT = {
    "--source": "-s",
    "--src": "-s",
    "--destination": "-d",
    "--dst": "-d",
    "--in-interface": "-i",
    "--out-interface": "-o",
    "--protocol": "-p",
    "--proto": "-p",
    "--match": "-m",
    "--jump": "-j",
    "--goto": "-g",
    "--fragment": "-f",
    "--source-port": "--sport",
    "--destination-port": "--dport",
    "--source-ports": "--sports",
    "--destination-ports": "--dports",
    "--state": "--ctstate",
}
SENDS = ("-j", "-g")


@dataclass(frozen=True, slots=True)
class Option:
    """One option with its values; `negated` where a `!` stands before it."""

    name: str
    words: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ParsedRule:
    """The matches in order; the target with its options, '' where the rule only counts."""

    matches: tuple[Option, ...]
    target: str = ""
    goto: bool = False
    target_options: tuple[Option, ...] = ()


# Each packet that is judged meets the same rules.
REMEMBERED = 1 << 16


@lru_cache(REMEMBERED)
def parsed(rule: str) -> ParsedRule:
    """Take `-A CHAIN ...` apart; ValueError for what no iptables-save would write."""
    options = tuple(_options(words(rule)))
    sends = [number for number, option in enumerate(options) if option.name in SENDS]
    if not sends:
        return ParsedRule(options)
    at, jump = sends[0], options[sends[0]]
    if len(sends) > 1 or len(jump.words) != 1 or jump.negated:
        raise ValueError(f"not one target: {rule}")
    return ParsedRule(options[:at], jump.words[0], jump.name == "-g", options[at + 1 :])


def _options(spoken: tuple[str, ...]) -> Iterator[Option]:
    at, end = 2, len(spoken)
    while at < end:
        negated = spoken[at] == "!"
        first = at + negated
        if first >= end or not spoken[first].startswith("-"):
            raise ValueError(f"not an option: {' '.join(spoken[at:])}")
        name, at = spoken[first], first + 1
        begin = at
        if name in FREE:
            at = min(at + 1, end)
        while at < end and spoken[at] != "!" and not spoken[at].startswith("-"):
            at += 1
        yield Option(SHORT.get(name, name), spoken[begin:at], negated)
