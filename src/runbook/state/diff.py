"""What differs between two snapshots: rows added, rows removed, cells changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from runbook.state import kernel_modules
from runbook.state.dhcp_clients import in_no_order
from runbook.state.files import SINCE_THIS_VERSION, FileRow
from runbook.state.snapshot import TABLES, Snapshot
from runbook.state.table import Key, Table, by_key, cells_of, name_of, sequences

COLUMNS = ["change", "table", "key", "column", "before", "after"]
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
Row = tuple[str, str, str, str, str, str]
Rows = dict[Key, Any]
# How the key of a row of leases begins whose client is dhclient.
DHCLIENT = "dhclient "


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
        """The differences without the ephemeral tables."""
        coming_and_going = [table.name for table in TABLES if table.ephemeral]
        rows = self.rows[~self.rows["table"].isin(coming_and_going)]
        return Diff(rows.reset_index(drop=True))

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
        for row in _table(table, before.rows(table.row), after.rows(table.row), volatile)
    ]
    return Diff(pd.DataFrame(rows, columns=COLUMNS))


def compare(before: Snapshot, after: Snapshot) -> Diff:
    """What an undo left behind: the differences that nothing but a change makes.

    A parameter that appears because a kernel module was loaded is none of them. Nor is a file that
    the earlier snapshot was not asked for. Nor is the order of a DHCP client's options: the undo
    starts the client with the same ones, written anew.
    """
    rows = diff(before, after).settled.rows
    appeared = (rows["change"] == ADDED) & (rows["table"] == "sysctl")
    of_modules = appeared & rows["key"].isin(kernel_modules.brought(before, after))
    unread = (rows["change"] == ADDED) & (rows["table"] == "files") & _unread(before, rows["key"])
    same = [_same_client(row) for row in rows.itertuples()]
    written_anew = pd.Series(same, index=rows.index, dtype=bool)
    return Diff(rows[~(of_modules | unread | written_anew)].reset_index(drop=True))


def _unread(before: Snapshot, keys: pd.Series[str]) -> pd.Series[bool]:
    """Which of these files an earlier version did not read, so that they are no news."""
    of_this = any(row.path.startswith(SINCE_THIS_VERSION) for row in before.rows(FileRow))
    found = [not of_this and key.startswith(SINCE_THIS_VERSION) for key in keys]
    return pd.Series(found, index=keys.index, dtype=bool)


def with_key_of(earlier: Snapshot, later: Snapshot, table: str, key: str) -> Snapshot:
    """`earlier`, but the rows of one key, as a difference names it, are those of `later`."""
    (of,) = (named for named in TABLES if named.name == table)
    old, new = (by_key(of, state.rows(of.row)) for state in (earlier, later))
    rest = [row for name, row in old.items() if name_of(name) != key]
    own = [row for name, row in new.items() if name_of(name) == key]
    return earlier.having(of.row, (*rest, *own))


def _same_client(row: Any) -> bool:  # noqa: ANN401 - a row of a DataFrame has no type
    cell = (row.change, row.table, row.column) == (CHANGED, "leases", "argv")
    if not (cell and str(row.key).startswith(DHCLIENT)):
        return False
    return in_no_order(str(row.before).split(" ")) == in_no_order(str(row.after).split(" "))


def _table(
    table: Table[Any],
    before: tuple[Any, ...],
    after: tuple[Any, ...],
    volatile: bool,  # noqa: FBT001 - internal
) -> list[Row]:
    columns = list(table.columns) if volatile else table.settled
    old, new = by_key(table, before), by_key(table, after)
    removed = [_whole(REMOVED, table, key, old[key]) for key in old if key not in new]
    added = [_whole(ADDED, table, key, new[key]) for key in new if key not in old]
    both = (key for key in old if key in new)
    cells = (row for key in both for row in _cells(table, key, (old[key], new[key]), columns))
    return [*removed, *added, *cells, *_reordered(table, old, new)]


def _reordered(table: Table[Any], old: Rows, new: Rows) -> list[Row]:
    """The rows that follow another one than before, of those that were there and still are."""
    was, follows = _followed(table, old, new), _followed(table, new, old)
    return [
        (CHANGED, table.name, name_of(key), "order", _after(was[key]), _after(follows[key]))
        for key in was
        if key in follows and was[key] != follows[key]
    ]


def _followed(table: Table[Any], rows: Rows, others: Rows) -> dict[Key, Key]:
    followed: dict[Key, Key] = {}
    for place, keys in sequences(table, rows).items():
        common = [key for key in keys if key in others]
        followed |= zip(common, ((), *(key[len(place) :] for key in common)), strict=False)
    return followed


def _after(followed: Key) -> str:
    return f"after {name_of(followed)}" if followed else "first"


def _whole(change: str, table: Table[Any], key: Key, row: tuple[Any, ...]) -> Row:
    rest = [c for c in table.settled if c not in table.key]
    cells = zip(rest, cells_of(rest)(row), strict=True) if rest else ()
    texts = ((column, _text(cell)) for column, cell in cells)
    columns = " ".join(f"{column}={text}" for column, text in texts if text)
    pair = ("", columns) if change == ADDED else (columns, "")
    return (change, table.name, name_of(key), "", *pair)


def _cells(
    table: Table[Any],
    key: Key,
    rows: tuple[Any, Any],
    columns: list[str],
) -> list[Row]:
    old, new = rows
    if old == new:
        return []
    cells = cells_of(columns)
    return [
        (CHANGED, table.name, name_of(key), column, _text(was), _text(now))
        for column, was, now in zip(columns, cells(old), cells(new), strict=True)
        if was != now
    ]


def _text(value: Any) -> str:  # noqa: ANN401 - any cell
    return "" if value is None else str(value)
