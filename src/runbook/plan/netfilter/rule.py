"""Splits a rule's words into its matches and its target."""

from __future__ import annotations

from dataclasses import dataclass

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


def parsed(rule: str) -> ParsedRule:
    """Take `-A CHAIN ...` apart; ValueError for what no iptables-save would write."""
    options = _options(list(words(rule)[2:]))
    sends = [number for number, option in enumerate(options) if option.name in SENDS]
    if not sends:
        return ParsedRule(options)
    at, jump = sends[0], options[sends[0]]
    if len(sends) > 1 or len(jump.words) != 1 or jump.negated:
        raise ValueError(f"not one target: {rule}")
    return ParsedRule(options[:at], jump.words[0], jump.name == "-g", options[at + 1 :])


def _options(left: list[str]) -> tuple[Option, ...]:
    found: list[Option] = []
    while left:
        negated = left[0] == "!"
        name, left = _taken(left, 1 if negated else 0)
        values: list[str] = []
        if name in FREE:
            values, left = left[:1], left[1:]
        while left and left[0] != "!" and not left[0].startswith("-"):
            values.append(left.pop(0))
        found.append(Option(SHORT.get(name, name), tuple(values), negated))
    return tuple(found)


def _taken(left: list[str], at: int) -> tuple[str, list[str]]:
    if len(left) <= at or not left[at].startswith("-"):
        raise ValueError(f"not an option: {' '.join(left)}")
    return left[at], left[at + 1 :]
