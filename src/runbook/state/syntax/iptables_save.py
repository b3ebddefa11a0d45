"""The grammar of iptables-save: text to a `Ruleset` and back, byte for byte.

Both backends, both families, with and without the counters of `-c`. A rule is
kept as it is written, quotes and all, because iptables-restore reads it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from runbook.common import octets

NUMBER = "(0|[1-9][0-9]*)"
_COUNTERS = rf"\[{NUMBER}:{NUMBER}\]"
_CHAIN = re.compile(rf":(\S+) (\S+)(?: {_COUNTERS})?", re.ASCII)
_RULE = re.compile(rf"(?:{_COUNTERS} )?(-A (\S+).*)", re.ASCII)
_TABLE = re.compile(r"\*(\S+)", re.ASCII)
# iptables-restore reads so many bytes at once, and takes what is left for a line of its own.
LONGEST_LINE = 10238
USER_CHAIN = "-"
# iptables knows double quotes only, and a backslash in them before anything.
WORD = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s"])+', re.ASCII)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"')
# Outside of quotes iptables-restore parts words by spaces and tabs alone.
_CONTROL = re.compile(r"[\x01-\x08\n-\x1f]")
_ESCAPED = re.compile(r"\\(.)")


class NotInTheWords(ValueError):
    """A line that iptables-save would not write; `line` counts from 1, 0 for the end."""

    def __init__(self, line: int, problem: str) -> None:
        """Keep where."""
        super().__init__(problem)
        self.line = line


class Counters(NamedTuple):
    """Packets and bytes counted."""

    packets: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that says nothing to iptables-restore: from `#`, or empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain's declaration; the policy of a user-defined chain is `-`."""

    name: str
    policy: str
    counters: Counters | None = None


class Rule(NamedTuple):
    """A rule, `-A CHAIN ...`, unchanged."""

    chain: str
    text: str
    counters: Counters | None = None


Line = Chain | Rule | Comment


@dataclass(frozen=True, slots=True)
class RuleTable:
    """One table: the comments above it, its name, then its lines in order."""

    name: str
    lines: tuple[Line, ...]
    head: tuple[Comment, ...] = ()

    @property
    def chains(self) -> tuple[Chain, ...]:
        """The declared chains, in order."""
        return tuple(line for line in self.lines if isinstance(line, Chain))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in order."""
        return tuple(line for line in self.lines if isinstance(line, Rule))


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All of a text: its tables, and what stands below the last COMMIT."""

    tables: tuple[RuleTable, ...]
    tail: tuple[Comment, ...] = ()


def parse(text: str) -> Ruleset:
    """Read what iptables-save printed; raises NotInTheWords (a ValueError) for anything else."""
    tables: list[RuleTable] = []
    head: list[Comment] = []
    block: list[Line] | None = None
    name = ""
    for number, line in enumerate(text.split("\n"), start=1):
        # Nearly every line is so, and of 50,000 a call for each takes a tenth of the time.
        if not (len(line) <= LONGEST_LINE and line.isascii() and line.isprintable()):
            _refuse_unless_whole(number, line)
        if block is None:
            name, block = _outside(number, line, head)
        elif line == "COMMIT":
            tables.append(RuleTable(name, tuple(block), tuple(head)))
            head, block = [], None
        else:
            block.append(_inside(number, line))
    if block is not None:
        raise NotInTheWords(0, f"it ends before COMMIT, in table {name}")
    return Ruleset(tuple(tables), tuple(head))


def _refuse_unless_whole(number: int, line: str) -> None:
    """Raise NotInTheWords for an odd line that iptables-restore would not read as it stands."""
    if len(octets.bytes_of(line)) > LONGEST_LINE:
        raise NotInTheWords(number, f"iptables-restore reads no line of over {LONGEST_LINE} bytes")
    if "\0" in line:
        raise NotInTheWords(number, "iptables-restore reads a line no further than its NUL byte")
    if not _says_nothing(line) and _CONTROL.search(_QUOTED.sub("", line)):
        raise NotInTheWords(number, f"a control character stands where a space should: {line!r}")


def _outside(number: int, line: str, head: list[Comment]) -> tuple[str, list[Line] | None]:
    """Between tables: a comment is kept, a table's name opens it."""
    if _says_nothing(line):
        head.append(Comment(line))
        return "", None
    table = _TABLE.fullmatch(line)
    if table is None:
        raise _strange(number, line)
    return table[1], []


def _inside(number: int, line: str) -> Line:
    if rule := _RULE.fullmatch(line):
        packets, octets, text, chain_name = rule.groups()
        return Rule(chain_name, text, _counters(packets, octets))
    if _says_nothing(line):
        return Comment(line)
    if chain := _CHAIN.fullmatch(line):
        return Chain(chain[1], chain[2], _counters(chain[3], chain[4]))
    raise _strange(number, line)


def _says_nothing(line: str) -> bool:
    return not line or line.startswith("#")


def _strange(number: int, line: str) -> NotInTheWords:
    return NotInTheWords(number, f"not in the words of iptables-save: {line}")


def _counters(packets: str | None, octets: str | None) -> Counters | None:
    return None if packets is None or octets is None else Counters(int(packets), int(octets))


def render(ruleset: Ruleset) -> str:
    """The text that `parse` was given."""
    return "\n".join(_lines(ruleset))


def _lines(ruleset: Ruleset) -> Iterator[str]:
    for table in ruleset.tables:
        yield from (comment.text for comment in table.head)
        yield f"*{table.name}"
        yield from map(_line, table.lines)
        yield "COMMIT"
    yield from (comment.text for comment in ruleset.tail)


def _line(line: Line) -> str:
    match line:
        case Comment():
            return line.text
        case Chain():
            counted = "" if line.counters is None else f" {_bracket(line.counters)}"
            return f":{line.name} {line.policy}{counted}"
        case Rule():
            counted = "" if line.counters is None else f"{_bracket(line.counters)} "
            return f"{counted}{line.text}"


def _bracket(counters: Counters) -> str:
    return f"[{counters.packets}:{counters.bytes}]"


def words(rule: str) -> tuple[str, ...]:
    """The arguments of a rule that stands as iptables-save writes it."""
    if '"' not in rule and rule.isascii() and rule.isprintable():
        # Nearly every rule, and of 50,000 it takes a tenth of the time.
        return tuple(rule.split())
    raw = (match[0] for match in WORD.finditer(rule))
    return tuple(_QUOTED.sub(lambda part: _ESCAPED.sub(r"\1", part[1]), word) for word in raw)
