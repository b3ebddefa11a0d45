"""What differs between two snapshots: rows added, rows removed, cells changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from runbook.state.snapshot import TABLES, Snapshot
from runbook.state.table import Table, records

COLUMNS = ["change", "table", "key", "column", "before", "after"]
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
Row = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Diff:
    """`rows`: change, table, key, column, before, after; a changed cell is a row of its own."""

    rows: pd.DataFrame

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return self.rows.empty

    @property
    def settled(self) -> Diff:
        """Without the tables whose rows come and go by themselves."""
        coming_and_going = [table.name for table in TABLES if table.ephemeral]
        kept = self.rows[~self.rows["table"].isin(coming_and_going)]
        return Diff(kept.reset_index(drop=True))

    def __str__(self) -> str:
        """One line a difference."""
        signs = {ADDED: "+", REMOVED: "-", CHANGED: "~"}
        return "\n".join(
            f"  {signs[str(r.change)]} {r.table}: {r.key}"
            + (f" {r.column}: {r.before} -> {r.after}" if r.change == CHANGED else "")
            for r in self.rows.itertuples()
        )


def diff(before: Snapshot, after: Snapshot, *, volatile: bool = False) -> Diff:
    """All differences; counters and ages too, if `volatile`."""
    rows = [
        row
        for table in TABLES
        for row in _table(table, before.table(table.name), after.table(table.name), volatile)
    ]
    return Diff(pd.DataFrame(rows, columns=COLUMNS))


def compare(before: Snapshot, after: Snapshot) -> Diff:
    """What an undo left behind: the differences that nothing but a change makes."""
    return diff(before, after).settled


def _table(
    table: Table,
    before: pd.DataFrame,
    after: pd.DataFrame,
    volatile: bool,  # noqa: FBT001 - internal
) -> list[Row]:
    columns = list(table.columns) if volatile else table.settled
    old, new = _by_key(table, before), _by_key(table, after)
    removed = [_whole(REMOVED, table, key, old[key]) for key in old if key not in new]
    added = [_whole(ADDED, table, key, new[key]) for key in new if key not in old]
    both = (key for key in old if key in new)
    cells = (row for key in both for row in _cells(table, key, (old[key], new[key]), columns))
    return [*removed, *added, *cells]


def _by_key(table: Table, frame: pd.DataFrame) -> dict[tuple[Any, ...], dict[str, Any]]:
    seen: Counter[tuple[Any, ...]] = Counter()
    found = {}
    for record in records(frame):
        key = tuple(record[column] for column in table.key)
        # The host may tell apart what our columns do not; each of them counts.
        seen[key] += 1
        found[*key, seen[key]] = record
    return found


def _whole(change: str, table: Table, key: tuple[Any, ...], record: dict[str, Any]) -> Row:
    rest = [c for c in table.settled if c not in table.key]
    shown = " ".join(f"{column}={_text(record[column])}" for column in rest)
    pair = ("", shown) if change == ADDED else (shown, "")
    return (change, table.name, _name(key), "", *pair)


def _cells(
    table: Table,
    key: tuple[Any, ...],
    records: tuple[dict[str, Any], dict[str, Any]],
    columns: list[str],
) -> list[Row]:
    pairs = ((c, _text(records[0][c]), _text(records[1][c])) for c in columns)
    return [
        (CHANGED, table.name, _name(key), column, old, new)
        for column, old, new in pairs
        if old != new
    ]


def _name(key: tuple[Any, ...]) -> str:
    *parts, nth = key
    named = " ".join(str(part) for part in parts if part != "")
    return named if nth == 1 else f"{named} ({nth})"


def _text(value: Any) -> str:  # noqa: ANN401 - any cell
    return "" if pd.isna(value) else str(value)
