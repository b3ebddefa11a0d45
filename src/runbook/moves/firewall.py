"""Rules that name the NIC: a twin for the bridge, live and in the saved rules."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import groupby

from runbook.changes.files import EditLines
from runbook.changes.firewall import TwinRule
from runbook.changes.steps import LineEdit
from runbook.promise import Row, rows
from runbook.state.snapshot import Snapshot

SAVED = ("/etc/iptables/rules.v4", "/etc/iptables/rules.v6")
LIBVIRT = "LIBVIRT_"


def twins(nic: str, bridge: str, seen: Snapshot) -> Iterator[TwinRule]:
    """One change a rule; in each chain from the bottom up, so that positions stay true."""
    table = rows(seen.firewall)
    present = {(_place(r), str(r["rule"])) for r in table}
    wanted = sorted((r for r in table if _own(r)), key=_place)
    for place, chain in groupby(wanted, key=_place):
        for row in sorted(chain, key=lambda r: -int(r["position"])):
            twin = twin_of(str(row["rule"]), nic, bridge)
            if twin and (place, twin) not in present:
                yield TwinRule(*place, int(row["position"]), str(row["rule"]), twin)


def _place(row: Row) -> tuple[str, str, str, str]:
    return (str(row["backend"]), str(row["family"]), str(row["table"]), str(row["chain"]))


def _own(row: Row) -> bool:
    is_rule = str(row["rule"]).startswith("-A ")
    return is_rule and not str(row["chain"]).startswith(LIBVIRT)


def twin_of(rule: str, nic: str, bridge: str) -> str:
    """The rule with the bridge's name for the NIC's; empty if it does not name the NIC."""
    words = shlex.split(rule)
    swapped = [
        bridge if word == nic and before in ("-i", "-o") else word
        for before, word in zip(["", *words], words, strict=False)
    ]
    return "" if swapped == words else shlex.join(swapped)


def saved_rules(nic: str, bridge: str, seen: Snapshot) -> Iterator[EditLines]:
    """The files that netfilter-persistent loads at boot, each with its twins put in."""
    for path in SAVED:
        for row in rows(seen.files, path=path):
            lines = str(row["content"]).split("\n")
            edits = tuple(_edits(lines, nic, bridge))
            if edits:
                shown = "".join(f"{lines[edit.first - 2]}\n" for edit in edits)
                purpose = "admit on the bridge what the NIC admits, after a reboot as well"
                yield EditLines(path, str(row["sha256"]), edits, shown, purpose)


def _edits(lines: list[str], nic: str, bridge: str) -> Iterator[LineEdit]:
    for number, line in enumerate(lines, start=1):
        if line.startswith(("-A ", "[")) and LIBVIRT not in line:
            twin = twin_of(line, nic, bridge)
            if twin and twin not in lines:
                yield LineEdit(number + 1, number, twin + "\n")
