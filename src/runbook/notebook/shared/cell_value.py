"""What every value that a cell returns has: DataFrames, a repr, an HTML form, tab completion."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, NoReturn, Self, overload

from runbook import views
from runbook.common.later import pd
from runbook.views import Look
from runbook.views.page.picture import plain
from runbook.views.tables import counted


class FrameProperty:
    """A DataFrame that a value offers. Whoever asks gets a copy: change it as you like."""

    def __init__(self, read: Callable[[Any], pd.DataFrame], doc: str = "") -> None:
        """`read` makes the DataFrame; its docstring, or `doc`, names the columns and units."""
        self._read = read
        self.__doc__ = doc or read.__doc__

    @overload
    def __get__(self, value: None, owner: type) -> Self: ...

    @overload
    def __get__(self, value: object, owner: type) -> pd.DataFrame: ...

    def __get__(self, value: object | None, owner: type) -> Self | pd.DataFrame:
        """The DataFrame; of the class, what describes it."""
        return self if value is None else self._read(value).copy()

    def __set__(self, value: object, new: object) -> NoReturn:
        """Refuse to be replaced; `help` lists what has this as documented data."""
        raise AttributeError("a DataFrame of a cell's value is read only; work on a copy")


class CellValue:
    """A value that a cell returns; at its end the cell shows what it is and what it offers."""

    __slots__ = ()
    # What tab completion offers beside the DataFrames.
    USEFUL: ClassVar[tuple[str, ...]] = ()

    def facts(self) -> Iterable[tuple[str, object]]:
        """What it is, by name."""
        return ()

    def _frames(self) -> Iterator[tuple[str, pd.DataFrame]]:
        for cls in reversed(type(self).__mro__):
            for name, item in vars(cls).items():
                if isinstance(item, FrameProperty):
                    yield name, getattr(self, name)

    def _name(self) -> str:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).lower()

    def __dir__(self) -> list[str]:
        """The names that are of use to a person."""
        return sorted({*self.USEFUL, *(name for name, _ in self._frames())})

    def __repr__(self) -> str:
        """One line: what it is, and the DataFrames that it offers."""
        facts = ", ".join(f"{name} {value}" for name, value in self.facts())
        frames = ", ".join(f"{name} ({counted(len(f), 'row')})" for name, f in self._frames())
        told = "; ".join(filter(None, (facts, frames and f"DataFrames: {frames}")))
        return plain(f"<{self._name()}: {told}>")

    def _repr_html_(self) -> str:
        """The same as a page shows it: a card, and a line for each DataFrame with its columns."""
        name = self._name()
        card = views.card(tuple(self.facts()), name)
        rows = [(name, len(frame), " ".join(frame.columns)) for name, frame in self._frames()]
        shown = pd.DataFrame(rows, columns=["DataFrame", "rows", "columns"])
        table = views.table(shown, Look("DataFrames", limit=len(rows), unit=""))
        return views.stack((card, table) if rows else (card,)).html()
