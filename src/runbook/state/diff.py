"""What differs between two snapshots: rows added, rows removed, cells changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from runbook.state.snapshot import TABLES, Snapshot
from runbook.state.table import Key, Record, Table, by_key, sequences

COLUMNS = ["change", "table", "key", "column", "before", "after"]
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
Row = tuple[str, str, str, str, str, str]
Rows = dict[Key, Record]
# The kernel parameters that a module brings when it is loaded: nobody has set them.
# Not those of br_netfilter: once it is loaded, frames between guests are filtered.
OF_MODULES = {"nf_conntrack": "net.netfilter.nf_conntrack_"}


@dataclass(frozen=True, slots=True, eq=False)
class Diff:
    """`rows`: change, table, key, column, before, after; a changed cell is a row of its own.

    A row that follows another one than before has `order` for its column.
    """

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
    """All differences in the tables that both have; counters and ages too, if `volatile`."""
    rows = [
        row
        for table in TABLES
        if before.has(table) and after.has(table)
        for row in _table(table, before.table(table.name), after.table(table.name), volatile)
    ]
    return Diff(pd.DataFrame(rows, columns=COLUMNS))


def compare(before: Snapshot, after: Snapshot) -> Diff:
    """What an undo left behind: the differences that nothing but a change makes.

    A parameter that appears because a kernel module was loaded is none of them.
    """
    rows = diff(before, after).settled.rows
    brought = tuple(OF_MODULES[module] for module in loaded_since(before, after))
    appeared = (rows["change"] == ADDED) & (rows["table"] == "sysctl")
    of_modules = appeared & rows["key"].map(lambda key: str(key).startswith(brought))
    return Diff(rows[~of_modules].reset_index(drop=True))


def loaded_since(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The kernel modules of `OF_MODULES` whose parameters are there after, and were not before."""
    return tuple(
        module
        for module, prefix in OF_MODULES.items()
        if _has(after, prefix) and not _has(before, prefix)
    )


def _has(snapshot: Snapshot, prefix: str) -> bool:
    return bool(snapshot.sysctl["name"].str.startswith(prefix).any())


def _table(
    table: Table,
    before: pd.DataFrame,
    after: pd.DataFrame,
    volatile: bool,  # noqa: FBT001 - internal
) -> list[Row]:
    columns = list(table.columns) if volatile else table.settled
    old, new = by_key(table, before), by_key(table, after)
    removed = [_whole(REMOVED, table, key, old[key]) for key in old if key not in new]
    added = [_whole(ADDED, table, key, new[key]) for key in new if key not in old]
    both = (key for key in old if key in new)
    cells = (row for key in both for row in _cells(table, key, (old[key], new[key]), columns))
    return [*removed, *added, *cells, *_reordered(table, old, new)]


def _reordered(table: Table, old: Rows, new: Rows) -> list[Row]:
    """The rows that follow another one than before, of those that were there and still are."""
    was, follows = _followed(table, old, new), _followed(table, new, old)
    return [
        (CHANGED, table.name, _name(key), "order", _after(was[key]), _after(follows[key]))
        for key in was
        if key in follows and was[key] != follows[key]
    ]


def _followed(table: Table, rows: Rows, others: Rows) -> dict[Key, Key]:
    found: dict[Key, Key] = {}
    for place, keys in sequences(table, rows).items():
        common = [key for key in keys if key in others]
        found |= zip(common, ((), *(key[len(place) :] for key in common)), strict=False)
    return found


def _after(followed: Key) -> str:
    return f"after {_name(followed)}" if followed else "first"


def _whole(change: str, table: Table, key: Key, record: Record) -> Row:
    rest = [c for c in table.settled if c not in table.key]
    shown = " ".join(f"{column}={_text(record[column])}" for column in rest)
    pair = ("", shown) if change == ADDED else (shown, "")
    return (change, table.name, _name(key), "", *pair)


def _cells(
    table: Table,
    key: Key,
    records: tuple[Record, Record],
    columns: list[str],
) -> list[Row]:
    pairs = ((c, _text(records[0][c]), _text(records[1][c])) for c in columns)
    return [
        (CHANGED, table.name, _name(key), column, old, new)
        for column, old, new in pairs
        if old != new
    ]


def _name(key: Key) -> str:
    *parts, nth = key
    named = " ".join(str(part) for part in parts if part != "")
    return named if nth == 1 else f"{named} ({nth})"


def _text(value: Any) -> str:  # noqa: ANN401 - any cell
    return "" if pd.isna(value) else str(value)
