"""A table whose rows are there twice, before and after: a row once, `was → is` where it changed.

A sign stands before each row that differs, so that colour is never the only way to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from runbook.state.pairing import Pair
from runbook.views.grid import Grid
from runbook.views.page.picture import Picture, plain
from runbook.views.tables import Look, counted, fold, table, word

SIGNS = {"added": "+", "removed": "-", "changed": "~", "": ""}
# Of a longer table only the rows that differ are shown; the others are counted.
MOST = 200


@dataclass(frozen=True, slots=True)
class Cells:
    """One column: its name, how it is read from a row, and whether a change of it counts."""

    name: str
    of: Callable[[Any], object]
    settled: bool = True


def cells(names: Iterable[str], moving: Sequence[str] = ()) -> tuple[Cells, ...]:
    """The columns of these names; a change of those that always move does not count."""
    return tuple(Cells(name, attrgetter(name), name not in moving) for name in names)


def pairs_table(pairs: Sequence[Pair[Any]], columns: Sequence[Cells], caption: str) -> Picture:
    """Every row, in the order given; columns that hold nothing are left out."""
    if not pairs:
        return table(Grid((), ()), Look(caption))
    kinds = _kinds(pairs, columns)
    both = list(zip(pairs, kinds, strict=True))
    if len(both) > MOST:
        both = [(pair, kind) for pair, kind in both if kind]
    head = f"{caption}: {_counts(kinds)}"
    rows = [[SIGNS[kind], *(_cell(pair, one) for one in columns)] for pair, kind in both]
    names = ("", *(one.name for one in columns))
    full = [name for name, *cells in zip(names, *rows, strict=True) if any(cells)]
    tones = [[_tone(kind), *(_tone(kind, pair, one) for one in columns)] for pair, kind in both]
    classes = Grid.of(names, tones).only(full)
    look = Look(head, classes=classes, limit=max(len(rows), 1), unit="", empty="")
    return table(Grid.of(names, rows).only(full), look)


def folded_pairs(pairs: Sequence[Pair[Any]], columns: Sequence[Cells], caption: str) -> Picture:
    """The same behind one line, which counts; a log has the line alone."""
    head = f"{caption}: {_counts(_kinds(pairs, columns))}"
    return Picture(fold(head, pairs_table(pairs, columns, caption)).body, plain(head))


def _kinds(pairs: Sequence[Pair[Any]], columns: Sequence[Cells]) -> list[str]:
    return [_kind(pair, columns) for pair in pairs]


def _kind(pair: Pair[Any], columns: Sequence[Cells]) -> str:
    if pair.was is None or pair.now is None:
        return "added" if pair.was is None else "removed"
    return "changed" if pair.moved or any(_changed(pair, one) for one in columns) else ""


def _changed(pair: Pair[Any], cells: Cells) -> bool:
    return cells.settled and cells.of(pair.was) != cells.of(pair.now)


def _cell(pair: Pair[Any], cells: Cells) -> str:
    if pair.was is None or pair.now is None or not _changed(pair, cells):
        return word(cells.of(pair.row))
    was, now = word(cells.of(pair.was)), word(cells.of(pair.now))
    return f"{was or 'none'} → {now or 'none'}"


def _tone(kind: str, pair: Pair[Any] | None = None, one: Cells | None = None) -> str:
    """Of a row that changed, only the cells that did; of any other, all."""
    if kind == "changed" and pair is not None and one is not None and not _changed(pair, one):
        return ""
    return f"rb-{kind}" if kind else ""


def _counts(kinds: Sequence[str]) -> str:
    told = [f"{kinds.count(kind)} {kind}" for kind in SIGNS if kind and kind in kinds]
    same = kinds.count("")
    if same:
        told.append(counted(same, "row") if not told else f"{same} as before")
    return ", ".join(told) or "none"
