"""A host as it is now against its record: every difference, with what follows from it. Pure.

A difference is judged by itself: it alone is put into the recorded state, and whatever that state
then does not meet any more is its consequence. What only several differences break together is a
row of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runbook.records.audit.drift import Drift, Severity
from runbook.records.audit.needs import Need, Promises, Unmet, unmet
from runbook.state import guests as guest_tables
from runbook.state import port_ipv6
from runbook.state.diff import ADDED, CHANGED, REMOVED, Difference, compare, with_key_of
from runbook.state.guests import GuestRow, TapRow
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

# Each difference is put into the recorded state by itself. More than so many in one table are a
# table that somebody replaced, and are judged together.
MOST = 200
# A row that appeared in one of these can itself be what somebody has to know of.
CHARGED = ("firewall", "nftables", "rules", "files")
OF_DEVICES = ("links", "bridge_ports", "addresses", "routes", "sysctl")
WORDS = {
    "links": "interface",
    "bridge_ports": "port of a bridge",
    "addresses": "address",
    "routes": "route",
    "rules": "policy routing rule",
    "firewall": "firewall rule",
    "nftables": "table of nftables",
    "sysctl": "kernel parameter",
    "leases": "DHCP client or lease",
    "files": "file",
    "networks": "libvirt network",
    "guests": "guest",
    "taps": "interface of a guest",
    "units": "systemd unit",
}
# Columns that hold a whole text.
TEXTS = ("content", "defined_xml")
NAME_SERVERS = "/etc/resolv.conf"
IN_RECORD = "`after.json` of the record has its text"
LOOK = "see who changed it and why; put it back, or make a new record by a new run"


@dataclass(frozen=True, slots=True)
class _Difference:
    """All cells of one row that differ."""

    table: str
    key: str
    rows: tuple[Difference, ...]

    @property
    def change(self) -> str:
        """Added, removed, or changed."""
        return self.rows[0].change


def differences(promises: Promises, recorded: Snapshot, now: Snapshot) -> tuple[Drift, ...]:
    """Every difference, the worst first."""
    now = named_as(recorded, now)
    before, found = unmet(promises, recorded), tuple(_differences(recorded, now))
    alone = [_new(before, unmet(promises, one)) for one in _each_alone(found, recorded, now)]
    drifts = [_drift(*pair) for pair in zip(found, alone, strict=True)]
    explained = {key for needs in alone for key in needs}
    together = _new(before, unmet(promises, now))
    drifts += [_not_met(need) for key, need in together.items() if key not in explained]
    return _sorted(drifts)


def not_met(promises: Promises, now: Snapshot) -> tuple[Drift, ...]:
    """What is not as promised, where there is no recorded state to compare with."""
    return _sorted(_not_met(need) for need in unmet(promises, now).values())


def _sorted(drifts: Iterable[Drift]) -> tuple[Drift, ...]:
    return tuple(sorted(drifts, key=lambda d: (-d.severity, d.table, d.key)))


def _new(before: Unmet, then: Unmet) -> Unmet:
    return {key: need for key, need in then.items() if key not in before}


def _differences(recorded: Snapshot, now: Snapshot) -> Iterator[_Difference]:
    grouped: dict[tuple[str, str], list[Difference]] = {}
    noise = _Noise.between(recorded, now)
    for row in compare(recorded, now).found:
        if not noise.covers(row):
            grouped.setdefault((str(row.table), str(row.key)), []).append(row)
    for (table, key), rows in grouped.items():
        yield _Difference(table, key, tuple(rows))


@dataclass(frozen=True, slots=True)
class _Noise:
    """What comes and goes by itself.

    With guests that start and stop: their devices, their state. With a boot: what IPv6 has on a
    port of a bridge.
    """

    devices: frozenset[str]
    guests: frozenset[str]
    ports: frozenset[str]

    @staticmethod
    def between(recorded: Snapshot, now: Snapshot) -> _Noise:
        old, new = (_running(state) for state in (recorded, now))
        changed = {name for name in old | new if (name in old) != (name in new)}
        rows = (row for state in (recorded, now) for row in state.rows(TapRow))
        # A guest that is known to one of the two only is a difference, its devices are not.
        devices = {row.target for row in rows if row.guest in changed and row.target}
        both = port_ipv6.ports(recorded) & port_ipv6.ports(now)
        return _Noise(frozenset(devices), frozenset(changed), both)

    def covers(self, row: Difference) -> bool:
        table, key, column = row.table, row.key, row.column
        if table == guest_tables.TABLE.name:
            return column in ("state", "saved")
        if table == guest_tables.TAPS.name:
            stopped = any(key.startswith(f"{guest} ") for guest in self.guests)
            return stopped and column in ("source", "target", "filter", "type")
        if port_ipv6.is_unused(table, key, self.ports):
            return True
        words = key.replace(".", " ").split()
        return table in OF_DEVICES and any(word in self.devices for word in words)


def _running(snapshot: Snapshot) -> frozenset[str]:
    rows = snapshot.rows(GuestRow)
    return frozenset(row.name for row in rows if row.state in guest_tables.RUNS)


def _each_alone(
    found: tuple[_Difference, ...], recorded: Snapshot, now: Snapshot
) -> Iterator[Snapshot]:
    """The recorded state with this one difference, for each of them."""
    counts = {one.table: sum(other.table == one.table for other in found) for one in found}
    whole: dict[str, Snapshot] = {}
    for one in found:
        if counts[one.table] <= MOST:
            yield with_key_of(recorded, now, one.table, one.key)
        else:
            if one.table not in whole:
                whole[one.table] = recorded.having_table(one.table, now)
            yield whole[one.table]


def _drift(difference: _Difference, needs: Unmet) -> Drift:
    recorded, now = _cells(difference)
    worst = max((need.severity for need in needs.values()), default=_by_itself(difference))
    texts = [need.shown for need in _worst_first(needs)] or [_in_words(difference, worst)]
    row = (difference.change, difference.table, difference.key, recorded, now)
    return Drift(worst, *row, "\n".join(texts), _to_do(difference, needs))


def _to_do(difference: _Difference, needs: Unmet) -> str:
    if not needs:
        return LOOK
    if difference.table == "files" and difference.change != ADDED:
        return f"put {difference.key} back as it was: {IN_RECORD}"
    # What follows from the first is mended with it.
    return _worst_first(needs)[0].then


def _worst_first(needs: Unmet) -> list[Need]:
    return sorted(needs.values(), key=lambda need: -need.severity)


def _not_met(need: Need) -> Drift:
    return Drift(need.severity, CHANGED, "promise", need.about, "", "", need.shown, need.then)


def _by_itself(difference: _Difference) -> Severity:
    """How bad a difference is that breaks no promise."""
    added = difference.change == ADDED and difference.table not in CHARGED
    return Severity.HARMLESS if added else Severity.LESS


def _in_words(difference: _Difference, severity: Severity) -> str:
    kind = WORDS.get(difference.table, difference.table)
    if difference.key == NAME_SERVERS:
        return "The host asks other name servers than recorded"
    what = {
        ADDED: f"This {kind} was not there when the change was confirmed",
        REMOVED: f"This {kind} is gone since the change was confirmed",
        CHANGED: f"This {kind} is not as it was when the change was confirmed",
    }[difference.change]
    needed = "Nothing that was promised needs it" if severity is Severity.HARMLESS else ""
    return ". ".join(filter(None, (what, needed or "No promise is broken by it alone")))


def _cells(difference: _Difference) -> tuple[str, str]:
    """The cells that differ; of a text, the lines that do."""
    if difference.change != CHANGED:
        (row, *_) = difference.rows
        return _without_text(row.before), _without_text(row.after)
    text = next((row for row in difference.rows if row.column in TEXTS), None)
    if text is not None:
        return _lines(text.before, text.after)
    told = [(row.column, row.before, row.after) for row in difference.rows]
    recorded = " ".join(f"{column}={before}" for column, before, _ in told)
    return recorded, " ".join(f"{column}={after}" for column, _, after in told)


def _without_text(cells: str) -> str:
    """A row's cells without the one that is a whole text, which comes late in the row."""
    for column in TEXTS:
        cells = cells.partition(f" {column}=")[0]
    return cells


def _lines(before: str, after: str) -> tuple[str, str]:
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    gone, new = ([line[2:] for line in lines if line.startswith(sign)] for sign in ("- ", "+ "))
    return "\n".join(gone), "\n".join(new)
