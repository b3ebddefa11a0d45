"""One form for all spellings of a rule, so that equal rules compare equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from runbook.plan.netfilter.matches import ANY_PROTOCOL, PROTOCOLS, SILENT, network_of
from runbook.plan.netfilter.rule import REMEMBERED, Option, parsed

# What iptables-save does not always say.
ASSUMED = {
    "REJECT": (
        Option("--reject-with", ("icmp-port-unreachable",)),
        Option("--reject-with", ("icmp6-port-unreachable",)),
    )
}
ICMP_TYPES = {"echo-request": "8", "echo-reply": "0", "destination-unreachable": "3"}
PORTS = ("--sport", "--dport", "--to-ports")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A rule without its chain, its comment, and the order of its options."""

    matches: frozenset[Option]
    target: str
    goto: bool
    target_options: frozenset[Option]


@lru_cache(REMEMBERED)
def canonical(rule: str) -> Canonical:
    """The form of `-A CHAIN ...`; what cannot be taken apart equals only itself."""
    try:
        told = parsed(rule)
        matches = frozenset(_matches(told.matches))
    except ValueError:
        text = rule.split(maxsplit=2)[-1]
        return Canonical(frozenset((Option(text, ()),)), "", goto=False, target_options=frozenset())
    assumed = ASSUMED.get(told.target, ())
    options = (_ports(option) for option in told.target_options)
    spoken = frozenset(option for option in options if option not in assumed)
    return Canonical(matches, told.target, told.goto, spoken)


def target_of(rule: str) -> str:
    """Where the rule sends a packet; '' for what cannot be taken apart."""
    try:
        return parsed(rule).target
    except ValueError:
        return ""


def _matches(options: tuple[Option, ...]) -> Iterator[Option]:
    for option in options:
        # An option without its value is left to be told apart by its name.
        value = option.words[0] if option.words else ""
        if option.name == "--comment" or (option.name == "-m" and value in SILENT):
            continue
        if option.name == "-p" and value.lower() in ANY_PROTOCOL:
            continue
        if option.name in ("-s", "-d") and value and not network_of(value).prefixlen:
            continue
        yield Option(option.name, _values(option, value), option.negated)


def _values(option: Option, value: str) -> tuple[str, ...]:
    match option.name:
        case "-s" | "-d":
            return (str(network_of(value)),)
        case "-p":
            return (PROTOCOLS.get(value.lower(), value.lower()),)
        case "--ctstate" | "--dports" | "--sports":
            return tuple(sorted(value.split(",")))
        case "--icmp-type":
            return (ICMP_TYPES.get(value, value),)
        case _:
            return _ports(option).words


def _ports(option: Option) -> Option:
    """A range of one port is the port."""
    if option.name not in PORTS or not option.words:
        return option
    low, _, high = option.words[0].replace(":", "-").partition("-")
    text = low if high in ("", low) else f"{low}-{high}"
    return Option(option.name, (text,), option.negated)
