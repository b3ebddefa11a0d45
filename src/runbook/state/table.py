"""What a table is: its columns, what identifies a row, and what always moves.

Text columns hold '' where there is nothing, never a missing value; numbers
that can be absent are pandas' nullable kinds.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

import pandas as pd

from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader

# What decoding an answer raises where the answer is not what it should be.
NONSENSE = (
    *(ValueError, OverflowError, LookupError, TypeError, AttributeError),
    *(struct.error, ParseError),
)
T = TypeVar("T")
Record = dict[str, Any]
Row = Record
# A row's key, and which of several rows of that key it is.
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a snapshot.

    `columns` maps a name to (dtype, meaning with unit). `volatile` columns
    always move (counters, ages). The rows of an `ephemeral` table come and go
    by themselves, so they say nothing about whether a host was put back.
    `place` is given where rows stand in an order that counts, by their column
    `position`: the leading part of the key within which they do, or () for a
    row whose order means nothing. `since` is the format of snapshots that brought
    the table: a snapshot that an older program took does not have it.
    """

    name: str
    columns: Mapping[str, tuple[str, str]]
    key: tuple[str, ...]
    read: Callable[[Reader], pd.DataFrame]
    volatile: tuple[str, ...] = ()
    ephemeral: bool = False
    place: Callable[[Record], Key] | None = None
    since: int = 1

    @property
    def settled(self) -> list[str]:
        """The columns that stay as they are unless somebody changes them."""
        return [column for column in self.columns if column not in self.volatile]


def understood(read: Callable[[Reader], T]) -> Callable[[Reader], T]:
    """The same reader, but ReadFailed for an answer that makes no sense."""
    what = read.__module__.rpartition(".")[2].replace("_", " ")

    @wraps(read)
    def reading(host: Reader) -> T:
        try:
            return read(host)
        except NONSENSE as error:
            raise ReadFailed(
                f"what the host says of its {what} makes no sense: {error}",
                host=host.name,
                state="as it was: reading changes nothing",
                then=f"look at its {what} there, then run again",
            ) from error

    return reading


def frame(
    columns: Mapping[str, tuple[str, str]], key: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> pd.DataFrame:
    """A DataFrame of the documented dtypes, sorted by key."""
    return typed(columns, rows).sort_values(list(key), kind="stable", ignore_index=True)


def records(frame: pd.DataFrame, columns: Iterable[str] | None = None) -> list[Record]:
    """Each row's plain values by column; a number that is missing is pandas.NA."""
    # Column by column: to_dict looks at each cell, and takes ten times as long.
    names = list(frame.columns if columns is None else columns)
    cells = zip(*(frame[name].tolist() for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in cells]


def rows(frame: pd.DataFrame, **equal: object) -> list[Row]:
    """The rows in which every named column has the given value."""
    for column, value in equal.items():
        frame = frame[frame[column] == value]
    return records(frame)


def by_key(table: Table, frame: pd.DataFrame) -> dict[Key, Record]:
    """Each row by its key."""
    seen: Counter[Key] = Counter()
    found = {}
    for record in records(frame):
        key = tuple(record[column] for column in table.key)
        # The host may tell apart what our columns do not; each of them counts.
        seen[key] += 1
        found[*key, seen[key]] = record
    return found


def sequences(table: Table, rows: Mapping[Key, Record]) -> dict[Key, list[Key]]:
    """The keys of each place, in their order; empty where the table knows of none."""
    found: dict[Key, list[Key]] = {}
    if table.place is None:
        return found
    for key, row in sorted(rows.items(), key=lambda pair: int(pair[1]["position"])):
        if place := table.place(row):
            found.setdefault(place, []).append(key)
    return found


def typed(columns: Mapping[str, tuple[str, str]], rows: Iterable[Iterable[object]]) -> pd.DataFrame:
    """A DataFrame of the documented dtypes, in the order given."""
    # Column by column: giving types to a whole frame afterwards takes three times as long.
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    pairs = zip(columns.items(), cells, strict=True)
    return pd.DataFrame(
        {name: pd.Series(values, dtype=dtype) for (name, (dtype, _)), values in pairs}
    )
