"""iptables rules of both backends and both families, in the words of iptables-save.

A rule's number moves with every rule before it, so it is no part of what tells
two states apart; the order in which a chain holds its rules is (`chain_of`).
The legacy programs load kernel modules by merely being run, so they are asked
only where the kernel says that it has legacy tables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.common.redact import redact_text
from runbook.state.syntax import iptables_save
from runbook.state.syntax.iptables_save import USER_CHAIN, Chain, Counters, Rule, RuleTable
from runbook.state.table import Key, Table, ordered, understood
from runbook.transport.host import Reader


class FirewallRow(NamedTuple):
    """One rule or chain of iptables."""

    backend: Annotated[str, "nft or legacy"]
    family: Annotated[str, "inet or inet6"]
    table: Annotated[str, "filter, nat, mangle, raw or security"]
    chain: Annotated[str, "the chain's name"]
    position: Annotated[int, "the rule's number in its chain, from 1; 0 is the chain itself"]
    rule: Annotated[str, "-A CHAIN ..., -P CHAIN POLICY or -N CHAIN, without counters"]
    nth: Annotated[int, "which of several equal rules in the chain, from 1"]
    packets: Annotated[int, "packets counted"]
    bytes: Annotated[int, "bytes counted"]


KEY = ("backend", "family", "table", "chain", "rule", "nth")
VOLATILE = ("position", "packets", "bytes")
NOT_FOUND = 127
UNCOUNTED = Counters(0, 0)


@dataclass(frozen=True, slots=True)
class SaveProgram:
    """Where rules come from; `gate` is a file that names the tables a legacy kernel has."""

    backend: str
    family: str
    program: str
    gate: str = ""


SOURCES = (
    SaveProgram("nft", "inet", "iptables-nft-save"),
    SaveProgram("nft", "inet6", "ip6tables-nft-save"),
    SaveProgram("legacy", "inet", "iptables-legacy-save", "/proc/net/ip_tables_names"),
    SaveProgram("legacy", "inet6", "ip6tables-legacy-save", "/proc/net/ip6_tables_names"),
)
_UNSHOWN = re.compile(r"^# Table `(\S+)' .*incompatible", re.MULTILINE)


def parse(text: str, backend: str, family: str) -> list[FirewallRow]:
    """Rows from the output of one iptables-save -c; ValueError for anything else.

    A table that holds nothing but empty built-in chains with policy ACCEPT
    says the same as no table, and gives no rows.
    """
    tables = iptables_save.parse(text).tables
    return [row for table in tables for row in _table(table, (backend, family, table.name))]


def unshown(text: str) -> set[str]:
    """The tables that iptables-save names but cannot show: nft's own rules are in them."""
    return set(_UNSHOWN.findall(text))


def _table(table: RuleTable, place: tuple[str, str, str]) -> list[FirewallRow]:
    rows = [*_chains(table.chains, place), *_rules(table.rules, place)]
    silent = all(row.rule.startswith("-P ") and row.rule.endswith(" ACCEPT") for row in rows)
    return [] if silent else rows


def _chains(chains: tuple[Chain, ...], place: tuple[str, str, str]) -> Iterator[FirewallRow]:
    for chain in chains:
        own = chain.policy == USER_CHAIN
        rule = f"-N {chain.name}" if own else f"-P {chain.name} {chain.policy}"
        yield FirewallRow(*place, chain.name, 0, rule, 1, *(chain.counters or UNCOUNTED))


def _rules(rules: tuple[Rule, ...], place: tuple[str, str, str]) -> Iterator[FirewallRow]:
    positions: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for chain, written, counters in rules:
        text = redact_text(written)
        # Two statements, and not `+= 1` and a look: of 50,000 rules that shows.
        positions[chain] = position = positions[chain] + 1
        count[text] = nth = count[text] + 1
        yield FirewallRow(*place, chain, position, text, nth, *(counters or UNCOUNTED))


@understood
def read(host: Reader) -> tuple[FirewallRow, ...]:
    """Ask each backend that the kernel has tables of."""
    rows = [row for source in SOURCES for row in _read(host, source)]
    return ordered(rows, KEY)


def _read(host: Reader, source: SaveProgram) -> list[FirewallRow]:
    if source.gate:
        (names,) = host.read_files([source.gate])
        if names is None or not names.content.strip():
            return []
    return parse(ask(host, source), source.backend, source.family)


def ask(host: Reader, source: SaveProgram) -> str:
    """What the program says; raises ReadFailed if it is missing or fails."""
    done = host.query([source.program, "-c"])
    if done.returncode != 0:
        raise _unreadable(host, source, done.returncode, done.stderr.decode(errors="replace"))
    return octets.text_of(done.stdout)


def _unreadable(host: Reader, source: SaveProgram, status: int, stderr: str) -> ReadFailed:
    missing = status == NOT_FOUND
    return ReadFailed(
        f"the firewall cannot be read: {source.program} "
        + ("is missing" if missing else f"failed: {stderr.strip()}"),
        host=host.name,
        state="nothing was written",
        then="install iptables on the host" if missing else f"run {source.program} there and see",
    )


def chain_of(row: FirewallRow) -> Key:
    """The chain in which a rule's order counts.

    In libvirt's own chains it does not: libvirt makes them anew at each of its
    starts, network by network, in whatever order (seen with 9.0).
    """
    if row.chain.startswith("LIBVIRT_"):
        return ()
    return (row.backend, row.family, row.table, row.chain)


TABLE = Table("firewall", FirewallRow, KEY, read, VOLATILE, place=chain_of)
