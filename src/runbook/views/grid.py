"""What a table shows: named columns, and rows of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from runbook.common.later import pd
from runbook.state.table import R, columns

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Grid:
    """Its rows have a cell for each name; as a DataFrame, without pandas."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, names: Iterable[str], rows: Iterable[Row]) -> Self:
        """These columns, these rows."""
        return cls(tuple(names), tuple(rows))

    @classmethod
    def typed(cls, row: type[R], rows: Iterable[R]) -> Self:
        """Rows of one type, whose fields are the columns."""
        return cls(tuple(columns(row)), tuple(rows))

    @classmethod
    def read(cls, frame: pd.DataFrame, most: int) -> Self:
        """The first rows of a DataFrame; None where a cell holds nothing."""
        # Not `frame.map`: for the small tables of a run that takes ten times as long.
        rows = frame.head(most).astype(object).to_numpy().tolist()
        found = ([None if cell is pd.NA else cell for cell in row] for row in rows)
        return cls(tuple(frame.columns), tuple(found))

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def only(self, names: Iterable[str]) -> Grid:
        """These columns of it, in this order."""
        wanted = tuple(names)
        at = [self.names.index(name) for name in wanted]
        return Grid(wanted, tuple([row[n] for n in at] for row in self.rows))

    def without(self, names: Iterable[str]) -> Grid:
        """All other columns."""
        left_out = set(names)
        return self.only(name for name in self.names if name not in left_out)

    def with_column(self, name: str, cells: Iterable[object]) -> Grid:
        """A column more, the last one."""
        rows = zip(self.rows, cells, strict=True)
        return Grid((*self.names, name), tuple((*row, cell) for row, cell in rows))

    def map(self, of: Callable[[object], Any]) -> Grid:
        """What becomes of each cell."""
        return Grid(self.names, tuple([of(cell) for cell in row] for row in self.rows))

    def classes(self, usual: str = "", marks: Mapping[str, Iterable[str]] | None = None) -> Grid:
        """As many cells: `usual`, but in the columns that `marks` names."""
        marked = {name: list(words) for name, words in (marks or {}).items()}
        rows = (
            [marked[name][n] if name in marked else usual for name in self.names]
            for n in range(len(self))
        )
        return Grid(self.names, tuple(rows))


def column(shown: Grid, name: str) -> list[object]:
    """The cells of one column."""
    at = shown.names.index(name)
    return [row[at] for row in shown.rows]
