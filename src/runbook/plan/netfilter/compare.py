"""A wanted ruleset held against the live one: one row a rule, each with its reason in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from runbook.plan.netfilter.canonical import Canonical, canonical
from runbook.plan.netfilter.ruleset import ACCEPT, BUILT_IN

Where = Literal["only in file", "only live", "both"]
UNEXPLAINED = "unexplained"
Key = tuple[str, str, Canonical | str]


@dataclass(frozen=True, slots=True)
class RulesetEntry:
    """A policy (`-P`), a chain (`-N`) or a rule (`-A`) in its table."""

    table: str
    chain: str
    rule: str

    @property
    def key(self) -> Key:
        """A key that is the same for every spelling of the rule."""
        is_rule = self.rule.startswith("-A ")
        return (self.table, self.chain, canonical(self.rule) if is_rule else self.rule)


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: where it is, and why; `why` is 'unexplained' if no reason is known."""

    table: str
    chain: str
    rule: str
    where: Where
    why: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """Words for an entry, '' where there are none, by the side that it stands on.

    `moved_to` tells the key under which a rule of the file is live, itself if nowhere else.
    """

    of_file: Callable[[RulesetEntry], str]
    of_live: Callable[[RulesetEntry], str]
    of_both: Callable[[RulesetEntry], str]
    moved_to: Callable[[RulesetEntry], Key]


def compare(
    file: Iterable[RulesetEntry], live: Iterable[RulesetEntry], reasons: Reasons
) -> tuple[Row, ...]:
    """The file's entries in its order, then what is live and not in it."""
    # A policy that nobody set, and a table that nobody used, are not written down live.
    wanted = tuple(file)
    there = {entry.key: entry for entry in (*map(_default, wanted), *live) if entry}
    there = _without_overridden(there)
    found: list[Row] = []
    matched: set[Key] = set()
    for entry in wanted:
        to = reasons.moved_to(entry)
        matched |= {to} & set(there)
        where: Where = "both" if to in there else "only in file"
        why = reasons.of_both(entry) if to in there else reasons.of_file(entry)
        found.append(_row(entry, where, why))
    rest = [entry for key, entry in there.items() if key not in matched]
    return (*found, *(_row(entry, "only live", reasons.of_live(entry)) for entry in rest))


def _row(entry: RulesetEntry, where: Where, why: str) -> Row:
    return Row(entry.table, entry.chain, entry.rule, where, why or UNEXPLAINED)


def _default(entry: RulesetEntry) -> RulesetEntry | None:
    """The live policy of a built-in chain that iptables-save does not list: ACCEPT."""
    is_policy = entry.rule.startswith("-P ") and entry.chain in BUILT_IN
    return (
        RulesetEntry(entry.table, entry.chain, f"-P {entry.chain} {ACCEPT}") if is_policy else None
    )


def _without_overridden(there: dict[Key, RulesetEntry]) -> dict[Key, RulesetEntry]:
    """Without the assumed ACCEPT of a chain whose policy is set."""
    told = {
        (entry.table, entry.chain)
        for entry in there.values()
        if entry.rule.startswith("-P ") and not entry.rule.endswith(f" {ACCEPT}")
    }
    return {
        key: entry
        for key, entry in there.items()
        if not ((entry.table, entry.chain) in told and entry.rule == f"-P {entry.chain} {ACCEPT}")
    }
