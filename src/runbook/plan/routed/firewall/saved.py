"""The files that netfilter-persistent loads at boot, with what the firewall is to be.

They keep what else was saved there, line for line, but for libvirt's own rules:
loaded at boot they would stand in for those that libvirt makes when it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from runbook.common import octets
from runbook.common.errors import Refused
from runbook.plan.changes.file_steps import EditFile, LineEdit
from runbook.plan.changes.files import EditLines, PutFile
from runbook.plan.netfilter.canonical import canonical
from runbook.plan.netfilter.expected import (
    SAVED,
    ExpectedChain,
    ExpectedFirewall,
    ExpectedPolicy,
    ExpectedRule,
)
from runbook.plan.netfilter.libvirt import is_libvirts
from runbook.plan.netfilter.owner import LIBVIRT_CHAIN
from runbook.plan.netfilter.ruleset import ACCEPT, BUILT_IN
from runbook.plan.routed.firewall.profile import is_jump
from runbook.plan.routed.firewall.twins import refuse_unless_whole, twin_edits
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.iptables_save import (
    USER_CHAIN,
    Chain,
    Comment,
    Counters,
    Line,
    Rule,
    Ruleset,
    RuleTable,
    parse,
    render,
)

# As iptables-persistent makes them.
MODE = 0o640
ZERO = Counters(0, 0)
Part = ExpectedPolicy | ExpectedChain | ExpectedRule
NEW = Ruleset((), (Comment(""),))
PURPOSE = "keep the firewall over a reboot"


def saved_firewall(
    expected: ExpectedFirewall, nic: str, bridge: str, snapshot: Snapshot
) -> Iterator[EditLines | PutFile]:
    """One change a file that does not say yet what is expected; twins go in with it."""
    for family in expected.families:
        path = SAVED[family]
        row = snapshot.find(FileRow, path)
        if row is None:
            yield PutFile(path, composed("", expected, family), MODE, PURPOSE)
            continue
        yield from _edited(row, expected, family, (nic, bridge), snapshot)


def _edited(
    row: FileRow,
    expected: ExpectedFirewall,
    family: str,
    names: tuple[str, str],
    snapshot: Snapshot,
) -> Iterator[EditLines]:
    text = row.content
    twins = EditFile("", "", tuple(twin_edits(text.split("\n"), *names)))
    try:
        wanted = composed(octets.text_of(twins.applied_to(octets.bytes_of(text))), expected, family)
    except ValueError as error:
        raise Refused(
            f"{row.path} cannot be edited: {error}",
            host=snapshot.host,
            then="bring the file into the form that iptables-save writes",
        ) from error
    edits = line_edits(text, wanted)
    if edits:
        refuse_unless_whole("".join(edit.text for edit in edits), snapshot)
        lines = text.split("\n")
        shown = "".join(f"{line}\n" for e in edits for line in lines[e.first - 1 : e.last])
        yield EditLines(row.path, row.sha256, edits, shown, PURPOSE)


def composed(text: str, expected: ExpectedFirewall, family: str) -> str:
    """The saved text plus everything expected of the family; ValueError if it cannot be parsed."""
    ruleset = _without_libvirt(parse(text)) if text else NEW
    parts: tuple[Part, ...] = (*expected.policies, *expected.chains, *expected.rules)
    names = dict.fromkeys(part.table for part in parts if part.family == family)
    there = {table.name for table in ruleset.tables}
    new = tuple(RuleTable(name, ()) for name in names if name not in there)
    tables = (_composed(t, expected, family) for t in (*ruleset.tables, *new))
    return render(replace(ruleset, tables=tuple(tables)))


def _without_libvirt(ruleset: Ruleset) -> Ruleset:
    kept = (
        replace(t, lines=tuple(x for x in t.lines if not _of_libvirt(x))) for t in ruleset.tables
    )
    return replace(ruleset, tables=tuple(kept))


def _of_libvirt(line: Line) -> bool:
    if isinstance(line, Rule):
        return is_libvirts(line.text)
    return isinstance(line, Chain) and line.name.startswith(LIBVIRT_CHAIN)


def _composed(table: RuleTable, expected: ExpectedFirewall, family: str) -> RuleTable:
    def here(part: Part) -> bool:
        return (part.family, part.table) == (family, table.name)

    policies = {p.chain: p.policy for p in expected.policies if here(p)}
    lines = [_with_policy(line, policies) for line in table.lines]
    rules = [rule for rule in expected.rules if here(rule)]
    named = [*policies, *(c.name for c in expected.chains if here(c)), *(r.chain for r in rules)]
    _declare(lines, named, policies)
    present = {(r.chain, canonical(r.text)) for r in table.rules}
    for rule in rules:
        if (rule.chain, canonical(rule.rule)) not in present:
            at = _first(lines, rule.chain) if is_jump(rule) else len(lines)
            lines.insert(at, Rule(rule.chain, rule.rule))
            present.add((rule.chain, canonical(rule.rule)))
    return replace(table, lines=tuple(lines))


def _with_policy(line: Line, policies: dict[str, str]) -> Line:
    if isinstance(line, Chain) and policies.get(line.name, line.policy) != line.policy:
        return replace(line, policy=policies[line.name])
    return line


def _declare(lines: list[Line], named: list[str], policies: dict[str, str]) -> None:
    """Put in the chains that are not declared, below those that are."""
    declared = [at for at, line in enumerate(lines) if isinstance(line, Chain)]
    there = {line.name for line in lines if isinstance(line, Chain)}
    at = declared[-1] + 1 if declared else 0
    for name in reversed([n for n in dict.fromkeys(named) if n not in there]):
        policy = policies.get(name, ACCEPT if name in BUILT_IN else USER_CHAIN)
        lines.insert(at, Chain(name, policy, ZERO))


def _first(lines: list[Line], chain: str) -> int:
    """Where the chain's first rule stands; the end where it has none."""
    found = (at for at, x in enumerate(lines) if isinstance(x, Rule) and x.chain == chain)
    return next(found, len(lines))


def line_edits(old: str, new: str) -> tuple[LineEdit, ...]:
    """The edits that make the one text of the other."""
    before, after = old.split("\n"), new.split("\n")
    # What follows the last newline stays the last: mostly nothing.
    end = len(after) if before[-1] != after[-1] else len(after) - 1
    lines = before if end == len(after) else before[:-1]
    codes = SequenceMatcher(None, lines, after[:end], autojunk=False).get_opcodes()
    return tuple(
        LineEdit(i1 + 1, i2, _piece(after, j1, j2))
        for tag, i1, i2, j1, j2 in codes
        if tag != "equal"
    )


def _piece(after: list[str], start: int, end: int) -> str:
    joined = "\n".join(after[start:end])
    return joined if start == end or end == len(after) else f"{joined}\n"
