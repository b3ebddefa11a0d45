"""Two states compared: what came, what went, what changed from what to what.

A sign stands before each row, so that colour is never the only way to tell.
"""

from __future__ import annotations

import difflib

import pandas as pd

from runbook.views.page.picture import Picture, note, stack
from runbook.views.tables import Look, fold, table

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLUMNS = ["", "what", "column", "value"]
MOST_LINES = 24
# A table with more differences than this would bury the ones that follow it.
MOST_OPEN = 12


def changes(rows: pd.DataFrame, empty: str = "no row differs") -> Picture:
    """Rows with the columns change, table, key, column, before, after; all of them in the open."""
    if rows.empty:
        return note(empty, "good")
    return stack(_of_one_table(str(name), group) for name, group in _by_table(rows))


def changes_folded(
    lasting: pd.DataFrame, passing: pd.DataFrame, product: str = "diff.json"
) -> Picture:
    """What lasts, long tables folded; then, folded, what comes and goes by itself.

    `product` is the file in the run folder that holds every row.
    """
    if lasting.empty:
        parts = [note("no row differs", "good")]
    else:
        head = note(f"{_count(lasting)}: {', '.join(_names(lasting))}")
        tables = _by_table(lasting)
        parts = [head, *(_folded(str(name), group, product) for name, group in tables)]
    if not passing.empty:
        parts.append(_fold("comes and goes by itself", passing, changes(passing), product))
    return stack(parts)


def _by_table(rows: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    return list(rows.groupby("table", sort=False))


def _names(rows: pd.DataFrame) -> list[str]:
    return [f"{name} {len(group)}" for name, group in _by_table(rows)]


def _folded(name: str, rows: pd.DataFrame, product: str) -> Picture:
    whole = _of_one_table(name, rows)
    return whole if len(rows) <= MOST_OPEN else _fold(name, rows, whole, product)


def _fold(name: str, rows: pd.DataFrame, whole: Picture, product: str) -> Picture:
    head = f"{name}: {_count(rows)}"
    # A log has no way to fold; there the run folder's file is the better place to read it.
    return Picture(fold(head, whole).body, f"{head} (every row: {product} in the run folder)")


def _of_one_table(name: str, rows: pd.DataFrame) -> Picture:
    shown = pd.DataFrame([_row(row) for row in rows.to_dict("records")], columns=COLUMNS)
    colours = pd.DataFrame("", index=shown.index, columns=shown.columns)
    colours[""] = colours["value"] = [f"rb-{change}" for change in rows["change"]]
    bare = [column for column in ("column", "value") if (shown[column] == "").all()]
    look = Look(f"{name}: {_count(rows)}", classes=colours, limit=len(shown), unit="")
    return table(shown.drop(columns=bare), look)


def _row(row: dict[object, object]) -> tuple[str, str, str, str]:
    change = str(row["change"])
    before, after = _value(row["before"]), _value(row["after"])
    value = {"added": _head(after), "removed": _head(before)}
    shown = value[change] if change in value else _moved(before or "nothing", after or "nothing")
    return SIGNS[change], str(row["key"]), str(row["column"]), shown


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


def _value(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124 - what a NaN is known by


def _count(rows: pd.DataFrame) -> str:
    counts = rows["change"].value_counts()
    told = [f"{counts[name]} {name}" for name in SIGNS if name in counts]
    return ", ".join(told)
