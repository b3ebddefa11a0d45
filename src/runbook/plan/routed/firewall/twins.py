"""Rules that name the NIC: a twin for the bridge, live and in the saved rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, groupby, pairwise

from runbook.common.errors import Refused
from runbook.common.redact import REDACTED
from runbook.plan.changes.file_steps import LineEdit
from runbook.plan.changes.files import EditLines
from runbook.plan.changes.firewall import TwinRule
from runbook.plan.netfilter.expected import SAVED
from runbook.plan.netfilter.owner import LIBVIRT_CHAIN
from runbook.state.files import FileRow
from runbook.state.firewall import FirewallRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.iptables_save import WORD

COMMENT = "--comment"
INTERFACE_OPTIONS = ("-i", "-o", "--in-interface", "--out-interface")


def twins(nic: str, bridge: str, snapshot: Snapshot) -> Iterator[TwinRule]:
    """One change a rule; in each chain from the bottom up, so that positions stay true."""
    table = snapshot.rows(FirewallRow)
    present = {(_place(r), r.rule) for r in table}
    rules = (r for r in table if r.rule.startswith("-A "))
    wanted = sorted((r for r in rules if not r.chain.startswith(LIBVIRT_CHAIN)), key=_place)
    for place, chain in groupby(wanted, key=_place):
        for row in sorted(chain, key=lambda r: -r.position):
            twin = twin_of(row.rule, nic, bridge)
            if twin and (place, twin) not in present:
                refuse_unless_whole(twin, snapshot)
                yield TwinRule(*place, row.position, row.rule, twin)


def _place(row: FirewallRow) -> tuple[str, str, str, str]:
    return (row.backend, row.family, row.table, row.chain)


def twin_of(rule: str, nic: str, bridge: str) -> str:
    """The rule with the bridge's name for the NIC's; empty if it is not for the NIC.

    All else stays to the letter, so that iptables-restore reads it as it reads the rule.
    """
    parts: list[str] = []
    end = 0
    for negated, word in _named(rule, nic, bridge):
        if negated:
            return ""
        parts += [rule[end : word.start()], bridge]
        end = word.end()
    return "".join((*parts, rule[end:])) if parts else ""


def _named(rule: str, nic: str, bridge: str) -> Iterator[tuple[bool, re.Match[str]]]:
    """Where the rule names the NIC, and whether it is for every interface except the NIC."""
    if nic not in rule and "+" not in rule:
        return
    found = list(WORD.finditer(rule))
    words = ["", "", *(match[0] for match in found)]
    for match, option, before in zip(found, words[1:], words, strict=False):
        if option in INTERFACE_OPTIONS and _matches(match[0], nic, bridge):
            yield before == "!", match


def _matches(pattern: str, nic: str, bridge: str) -> bool:
    if not pattern.endswith("+"):
        return pattern == nic
    stem = pattern[:-1]
    return nic.startswith(stem) and not bridge.startswith(stem)


def all_but(nic: str, bridge: str, snapshot: Snapshot) -> Iterator[str]:
    """Rules, live and saved, for everything but the NIC: the bridge would fall under them."""
    live = (row.rule for row in snapshot.rows(FirewallRow))
    saved = (line for row in _saved(snapshot) for line in row.content.split("\n"))
    for rule in dict.fromkeys((*live, *saved)):
        if any(negated for negated, _ in _named(rule, nic, bridge)):
            yield rule


def _saved(snapshot: Snapshot) -> list[FileRow]:
    return [row for path in SAVED.values() if (row := snapshot.find(FileRow, path))]


def saved_rules(nic: str, bridge: str, snapshot: Snapshot) -> Iterator[EditLines]:
    """The files that netfilter-persistent loads at boot, each with its twins put in."""
    for row in _saved(snapshot):
        lines = row.content.split("\n")
        edits = tuple(twin_edits(lines, nic, bridge))
        if edits:
            shown = "".join(f"{lines[edit.first - 2]}\n" for edit in edits)
            refuse_unless_whole("".join(edit.text for edit in edits), snapshot)
            purpose = "admit on the bridge what the NIC admits, after a reboot as well"
            yield EditLines(row.path, row.sha256, edits, shown, purpose)


def refuse_unless_whole(text: str, snapshot: Snapshot) -> None:
    """Refuse to write a line with a redacted secret, unless it is in a rule's comment."""
    for line in text.split("\n"):
        words = [match[0] for match in WORD.finditer(line)]
        pairs = pairwise(("", *words)) if line.startswith(("-A ", "[")) else [("", line)]
        if any(REDACTED in word and before != COMMENT for before, word in pairs):
            raise Refused(
                f"a rule cannot be copied, because it has a secret in it: {line}",
                host=snapshot.host,
                then="take the secret out of the rule, or out of the line of the file; a secret"
                " in the comment of a rule does not matter: the copy is made without it",
            )


def twin_edits(lines: list[str], nic: str, bridge: str) -> Iterator[LineEdit]:
    """Each twin that a saved file lacks, below the rule that it is of."""
    # The same words may stand in another table.
    tables = list(accumulate(line.startswith("*") for line in lines))
    present = set(zip(tables, lines, strict=True))
    for number, (table, line) in enumerate(zip(tables, lines, strict=True), start=1):
        if line.startswith(("-A ", "[")) and LIBVIRT_CHAIN not in line:
            twin = twin_of(line, nic, bridge)
            if twin and (table, twin) not in present:
                yield LineEdit(number + 1, number, twin + "\n")
