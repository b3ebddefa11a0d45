"""What a table is: the type of its rows, what identifies a row, and what always moves.

A row is a NamedTuple whose fields are the columns, each annotated with its type and its
meaning: `mtu: Annotated[int, "bytes"]`. A routing table may have a million rows, and
NamedTuples are made five times as fast as frozen dataclasses. Text columns hold '' where
there is nothing; a number that can be absent is None there.
"""

from __future__ import annotations

import gc
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial, wraps
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_type_hints
from xml.etree.ElementTree import ParseError

import numpy as np

from runbook.common.errors import ReadFailed
from runbook.common.later import pd
from runbook.state.ordering import Cells, order
from runbook.transport.host import Reader

# What decoding an answer raises where the answer is not what it should be.
NONSENSE = (
    *(ValueError, OverflowError, LookupError, TypeError, AttributeError),
    *(struct.error, zlib.error, ParseError, RecursionError),
)
DTYPES: Mapping[object, str] = {
    str: "str",
    int: "int64",
    bool: "bool",
    int | None: "Int64",
    float | None: "Float64",
}
# New objects beyond which a table counts as large.
LARGE = 20_000
T = TypeVar("T")
# The NamedTuple of a table's rows.
R = TypeVar("R", bound=tuple[Any, ...])
# A row's key, and which of several rows of that key it is.
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its Python type, its pandas dtype, its meaning with unit."""

    type: Any
    dtype: str
    meaning: str

    def holds(self, cells: Iterable[object]) -> bool:
        """Whether every cell is of the column's type."""
        nullable = self.dtype in ("Int64", "Float64")
        allowed = set(self.type.__args__) if nullable else {self.type}
        return set(map(type, cells)) <= allowed


@cache
def columns(row: type[R]) -> dict[str, Column]:
    """The columns of a type of rows, by name, in their order."""
    hints = get_type_hints(row, include_extras=True)
    return {name: _column(hints[name]) for name in row._fields}  # type: ignore[attr-defined]  # of a NamedTuple


def _column(hint: Any) -> Column:  # noqa: ANN401 - an annotation
    (meaning,) = hint.__metadata__
    return Column(hint.__origin__, DTYPES[hint.__origin__], meaning)


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """One table of a snapshot.

    `volatile` columns always move (counters, ages). The rows of an
    `ephemeral` table come and go by themselves, so they say nothing about
    whether a host was put back. `place` is given where rows stand in an order
    that counts, by their column `position`: the leading part of the key
    within which they do, or () for a row whose order means nothing. `since` is
    the format of snapshots that brought the table: a snapshot that an older
    program took does not have it.
    """

    name: str
    row: type[R]
    key: tuple[str, ...]
    read: Callable[[Reader], tuple[R, ...]]
    volatile: tuple[str, ...] = ()
    ephemeral: bool = False
    place: Callable[[R], Key] | None = None
    since: int = 1
    columns: Mapping[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        """Read the columns off the type of the rows."""
        object.__setattr__(self, "columns", columns(self.row))

    @property
    def settled(self) -> list[str]:
        """The columns that stay as they are unless somebody changes them."""
        return [column for column in self.columns if column not in self.volatile]


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not look for garbage meanwhile: with 100,000 new rows that takes half of the time.

    Rows refer to nothing that refers to them, so there is none to be found. Afterwards many new
    rows count as old, or the next new object would have all of them looked through.
    """
    collects, before = gc.isenabled(), gc.get_count()[0]
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > before + LARGE:
            gc.freeze()
            gc.unfreeze()
        if collects:
            gc.enable()


def understood(read: Callable[[Reader], T]) -> Callable[[Reader], T]:
    """The same reader, but ReadFailed for an answer that makes no sense."""
    table = read.__module__.rpartition(".")[2].replace("_", " ")

    @wraps(read)
    def reading(host: Reader) -> T:
        try:
            with uncollected():
                return read(host)
        except NONSENSE as error:
            raise ReadFailed(
                f"what the host says of its {table} makes no sense: {error}",
                host=host.name,
                state="as it was: reading changes nothing",
                then=f"look at its {table} there, then run again",
            ) from error

    return reading


def ordered(rows: Iterable[R], key: tuple[str, ...]) -> tuple[R, ...]:
    """The rows in the order of their key; TypeError for a cell that is not of its column's type."""
    found = list(rows)
    if not found:
        return ()
    cells = _checked(type(found[0]), zip(*found, strict=True))
    return tuple(map(found.__getitem__, order(len(found), [cells[name] for name in key])))


def ordered_columns(row: type[R], cells: Sequence[Cells], key: tuple[str, ...]) -> tuple[R, ...]:
    """The same for columns of one length, whose cells belong together; none: no rows."""
    if not cells:
        return ()
    # As `row._make`, and twice as fast.
    found = list(map(partial(tuple.__new__, row), zip(*cells, strict=True)))
    checked = _checked(row, cells)
    return tuple(map(found.__getitem__, order(len(found), [checked[name] for name in key])))


def _checked(row: type[R], cells: Iterable[Cells]) -> dict[str, Cells]:
    """The columns by name; TypeError for a cell that is not of its column's type."""
    described = columns(row)
    named = dict(zip(described, cells, strict=True))
    for name, column in described.items():
        if not column.holds(named[name]):
            raise TypeError(f"{name} holds something else than {column.dtype}")
    return named


def frame(of: type[R], rows: Iterable[R]) -> pd.DataFrame:
    """The rows as a DataFrame of the documented dtypes, in the order given."""
    # Column by column: giving types to a whole frame afterwards takes three times as long.
    typed, described = tuple(rows), columns(of)
    shape = len(typed), len(described)
    with uncollected():
        every = np.fromiter(chain.from_iterable(typed), object, shape[0] * shape[1])
        named = zip(described.items(), every.reshape(shape).T, strict=True)
        typed_columns = {name: _typed(column, cells) for (name, column), cells in named}
        # Nothing else has these cells, so they need not be copied.
        return pd.DataFrame(typed_columns, copy=False)


def _typed(column: Column, cells: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401 - of pandas or numpy
    """Cells that are as documented, as pandas has them."""
    if column.dtype in ("int64", "bool"):
        return cells.astype(column.dtype)
    if len(cells) and column.dtype != "str" and cells.tolist().count(None) == len(cells):
        # To look at each cell takes as long as all other columns.
        return pd.Series([None], dtype=column.dtype).array.repeat(len(cells))
    return pd.Series(cells, dtype=column.dtype)


def by_key(table: Table[R], rows: Iterable[R]) -> dict[Key, R]:
    """Each row by its key."""
    key_of = cells_of(table.key)
    count: Counter[Key] = Counter()
    keyed = {}
    for row in rows:
        key = key_of(row)
        # The host may tell apart what our columns do not; each of them counts.
        count[key] += 1
        keyed[*key, count[key]] = row
    return keyed


def name_of(key: Key) -> str:
    """A row's key as a difference names it."""
    *parts, nth = key
    named = " ".join(str(part) for part in parts if part != "")
    return named if nth == 1 else f"{named} ({nth})"


def cells_of(names: Sequence[str]) -> Callable[[object], Key]:
    """What takes these cells out of a row, always as a tuple."""
    get = attrgetter(*names)
    return (lambda row: (get(row),)) if len(names) == 1 else get


def sequences(table: Table[R], rows: Mapping[Key, R]) -> dict[Key, list[Key]]:
    """The keys of each place, in their order; empty where the table knows of none."""
    by_place: dict[Key, list[Key]] = {}
    if table.place is None:
        return by_place
    position = attrgetter("position")
    for key, row in sorted(rows.items(), key=lambda pair: position(pair[1])):
        if place := table.place(row):
            by_place.setdefault(place, []).append(key)
    return by_place
