"""What differs between two snapshots: rows added, rows removed, cells changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from runbook.common.later import pd
from runbook.state import kernel_modules
from runbook.state.dhcp_clients import in_no_order
from runbook.state.files import SINCE_THIS_VERSION, FileRow
from runbook.state.snapshot import TABLES, Snapshot
from runbook.state.table import Key, Table, by_key, cells_of, name_of, sequences

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
Rows = dict[Key, Any]
Cells = tuple[str, str, str, str, str, str]
# How the key of a row of leases begins whose client is dhclient.
DHCLIENT = "dhclient "


class Difference(NamedTuple):
    """A row that came or went, or a cell that changed.

    A row that follows another one than before has `order` for its column.
    """

    change: str
    table: str
    key: str
    column: str
    before: str
    after: str


COLUMNS = list(Difference._fields)


@dataclass(frozen=True, slots=True, eq=False)
class Diff:
    """Every difference, in the order of the tables; `rows` is for people."""

    found: tuple[Difference, ...]

    @property
    def rows(self) -> pd.DataFrame:
        """Change, table, key, column, before, after; a changed cell is a row of its own."""
        return pd.DataFrame(list(self.found), columns=COLUMNS)

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not self.found

    @property
    def settled(self) -> Diff:
        """The differences without the ephemeral tables."""
        coming_and_going = [table.name for table in TABLES if table.ephemeral]
        return Diff(tuple(one for one in self.found if one.table not in coming_and_going))

    def __str__(self) -> str:
        """One line a difference."""
        signs = {ADDED: "+", REMOVED: "-", CHANGED: "~"}
        return "\n".join(
            f"  {signs[r.change]} {r.table}: {r.key}"
            + (f" {r.column}: {r.before} -> {r.after}" if r.change == CHANGED else "")
            for r in self.found
        )


def diff(before: Snapshot, after: Snapshot, *, volatile: bool = False) -> Diff:
    """All differences in the tables that both have; counters and ages too, if `volatile`."""
    tables = (table for table in TABLES if before.has(table) and after.has(table))
    found = (
        _table(table, before.rows(table.row), after.rows(table.row), volatile) for table in tables
    )
    return Diff(tuple(map(Difference._make, chain.from_iterable(found))))


def compare(before: Snapshot, after: Snapshot) -> Diff:
    """What an undo left behind: the differences that nothing but a change makes.

    A parameter that appears because a kernel module was loaded is none of them. Nor is a file that
    the earlier snapshot was not asked for. Nor is the order of a DHCP client's options: the undo
    starts the client with the same ones, written anew.
    """
    of_modules = kernel_modules.brought(before, after)
    of_this = any(row.path.startswith(SINCE_THIS_VERSION) for row in before.rows(FileRow))

    def counts(one: Difference) -> bool:
        if (one.change, one.table) == (ADDED, "sysctl"):
            return one.key not in of_modules
        if (one.change, one.table) == (ADDED, "files"):
            # What an earlier version did not read is no news.
            return of_this or not one.key.startswith(SINCE_THIS_VERSION)
        return not _same_client(one)

    return Diff(tuple(filter(counts, diff(before, after).settled.found)))


def with_key_of(earlier: Snapshot, later: Snapshot, table: str, key: str) -> Snapshot:
    """`earlier`, but the rows of one key, as a difference names it, are those of `later`."""
    (of,) = (named for named in TABLES if named.name == table)
    old, new = (by_key(of, state.rows(of.row)) for state in (earlier, later))
    rest = [row for name, row in old.items() if name_of(name) != key]
    own = [row for name, row in new.items() if name_of(name) == key]
    return earlier.having(of.row, (*rest, *own))


def _same_client(row: Difference) -> bool:
    cell = (row.change, row.table, row.column) == (CHANGED, "leases", "argv")
    if not (cell and row.key.startswith(DHCLIENT)):
        return False
    return in_no_order(row.before.split(" ")) == in_no_order(row.after.split(" "))


def _table(
    table: Table[Any],
    before: tuple[Any, ...],
    after: tuple[Any, ...],
    volatile: bool,  # noqa: FBT001 - internal
) -> list[Cells]:
    columns = list(table.columns) if volatile else table.settled
    old, new = by_key(table, before), by_key(table, after)
    removed = [_whole(REMOVED, table, key, old[key]) for key in old if key not in new]
    added = [_whole(ADDED, table, key, new[key]) for key in new if key not in old]
    both = (key for key in old if key in new)
    cells = (row for key in both for row in _cells(table, key, (old[key], new[key]), columns))
    return [*removed, *added, *cells, *_reordered(table, old, new)]


def _reordered(table: Table[Any], old: Rows, new: Rows) -> list[Cells]:
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


def _whole(change: str, table: Table[Any], key: Key, row: tuple[Any, ...]) -> Cells:
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
) -> list[Cells]:
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
