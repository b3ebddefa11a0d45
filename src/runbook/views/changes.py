"""Two states compared: what came, what went, what changed from what to what.

A sign stands before each row, so that colour is never the only way to tell.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from runbook.state.diff import Difference
from runbook.views.grid import Grid, column
from runbook.views.page.picture import Picture, note, stack
from runbook.views.tables import Look, table

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLUMNS = ["", "what", "column", "value"]
MOST_LINES = 24
_EMPTY = re.compile(r"[a-z0-9_]+=")


def changes(rows: Sequence[Difference], empty: str = "no row differs") -> Picture:
    """All of them in the open, table by table."""
    if not rows:
        return note(empty, "good")
    return stack(_of_one_table(name, group) for name, group in by_table(rows).items())


def by_table(rows: Iterable[Difference]) -> dict[str, list[Difference]]:
    """The differences of each table that has some, in their order."""
    found: dict[str, list[Difference]] = {}
    for row in rows:
        found.setdefault(row.table, []).append(row)
    return found


def _of_one_table(name: str, rows: Sequence[Difference]) -> Picture:
    shown = Grid.of(COLUMNS, map(_row, rows))
    tones = [f"rb-{row.change}" for row in rows]
    colours = shown.classes(marks={"": tones, "value": tones})
    bare = [name for name in ("column", "value") if not any(column(shown, name))]
    look = Look(f"{name}: {counts(rows)}", classes=colours, limit=len(shown), unit="")
    return table(shown.without(bare), look)


def _row(row: Difference) -> tuple[str, str, str, str]:
    value = {"added": _head(_filled(row.after)), "removed": _head(_filled(row.before))}
    moved = _moved(row.before or "nothing", row.after or "nothing")
    return SIGNS[row.change], row.key, row.column, value.get(row.change, moved)


def _filled(value: str) -> str:
    """The fields of a row that hold something; the record has all of them."""
    if "\n" in value:
        return value
    return " ".join(word for word in value.split(" ") if not _EMPTY.fullmatch(word))


def _moved(before: str, after: str) -> str:
    """Both values; of texts with several lines, the lines that differ."""
    if "\n" not in before + after:
        return f"{before} → {after}"
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return _head("\n".join(line for line in lines if not line.startswith(("---", "+++"))))


def _head(value: str) -> str:
    lines = value.splitlines()
    left = len(lines) - MOST_LINES
    return value if left <= 0 else "\n".join([*lines[:MOST_LINES], f"… and {left} more lines"])


def counts(rows: Iterable[Difference]) -> str:
    """How many rows were added, removed and changed, in words."""
    numbers = Counter(row.change for row in rows)
    told = [f"{numbers[name]} {name}" for name in SIGNS if name in numbers]
    return ", ".join(told)
