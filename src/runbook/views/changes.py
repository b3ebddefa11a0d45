"""Two states compared: what came, what went, what changed from what to what.

A sign stands before each row, so that colour is never the only way to tell.
"""

from __future__ import annotations

import difflib

import pandas as pd

from runbook.views.picture import Picture, note, stack
from runbook.views.tables import Look, fold, table

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLUMNS = ["", "table", "what", "column", "value"]
MOST = 400
MOST_LINES = 24


def changes(rows: pd.DataFrame, caption: str = "", empty: str = "no row differs") -> Picture:
    """Rows with the columns change, table, key, column, before, after."""
    if rows.empty:
        return note(f"{caption}: {empty}" if caption else empty, "good")
    shown = pd.DataFrame([_row(row) for row in rows.to_dict("records")], columns=COLUMNS)
    colours = pd.DataFrame("", index=shown.index, columns=shown.columns)
    colours[["", "value"]] = [[f"rb-{change}"] * 2 for change in rows["change"]]
    return table(shown, Look(caption or _count(rows), classes=colours, limit=MOST))


def settled_and_passing(settled: pd.DataFrame, passing: pd.DataFrame) -> Picture:
    """What lasts, then, folded, what comes and goes by itself."""
    parts = [changes(settled)]
    if not passing.empty:
        caption = f"{len(passing)} rows that come and go by themselves (neighbours)"
        parts.append(fold(caption, changes(passing, caption)))
    return stack(parts)


def _row(row: dict[object, object]) -> tuple[str, str, str, str, str]:
    change = str(row["change"])
    before, after = _value(row["before"]), _value(row["after"])
    value = {"added": _head(after), "removed": _head(before)}.get(change) or _moved(before, after)
    return SIGNS[change], str(row["table"]), str(row["key"]), str(row["column"]), value


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
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - what a NaN is known by
        return "nothing"
    return "nothing" if value == "" else str(value)


def _count(rows: pd.DataFrame) -> str:
    counts = rows["change"].value_counts()
    told = [f"{counts[name]} {name}" for name in SIGNS if name in counts]
    return ", ".join(told)
