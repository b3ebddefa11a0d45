"""Two states compared: what came, what went, what changed from what to what.

A sign stands before each row, so that colour is never the only way to tell.
"""

from __future__ import annotations

import difflib
import re

import pandas as pd

from runbook.views.page.picture import Picture, note, stack
from runbook.views.tables import Look, table

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLUMNS = ["", "what", "column", "value"]
MOST_LINES = 24
_EMPTY = re.compile(r"[a-z0-9_]+=")


def changes(rows: pd.DataFrame, empty: str = "no row differs") -> Picture:
    """Rows with the columns change, table, key, column, before, after; all of them in the open."""
    if rows.empty:
        return note(empty, "good")
    return stack(_of_one_table(str(name), group) for name, group in _by_table(rows))


def _by_table(rows: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    return list(rows.groupby("table", sort=False))


def _of_one_table(name: str, rows: pd.DataFrame) -> Picture:
    shown = pd.DataFrame([_row(row) for row in rows.to_dict("records")], columns=COLUMNS)
    colours = pd.DataFrame("", index=shown.index, columns=shown.columns)
    colours[""] = colours["value"] = [f"rb-{change}" for change in rows["change"]]
    bare = [column for column in ("column", "value") if (shown[column] == "").all()]
    look = Look(f"{name}: {counts(rows)}", classes=colours, limit=len(shown), unit="")
    return table(shown.drop(columns=bare), look)


def _row(row: dict[object, object]) -> tuple[str, str, str, str]:
    change = str(row["change"])
    before, after = _value(row["before"]), _value(row["after"])
    value = {"added": _head(_filled(after)), "removed": _head(_filled(before))}
    shown = value[change] if change in value else _moved(before or "nothing", after or "nothing")
    return SIGNS[change], str(row["key"]), str(row["column"]), shown


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


def _value(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124 - what a NaN is known by


def counts(rows: pd.DataFrame) -> str:
    """How many rows were added, removed and changed, in words."""
    numbers = rows["change"].value_counts()
    told = [f"{numbers[name]} {name}" for name in SIGNS if name in numbers]
    return ", ".join(told)
