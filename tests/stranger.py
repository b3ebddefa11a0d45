"""Looks up in a run folder the places that docs/records.md names, as a stranger would."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests import bench

PAGE = Path(__file__).parents[1] / "docs" / "records.md"
PLACE = re.compile(r"`([a-z.-]+)(?:: ([a-z0-9_.]+))?`")
ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)


def rows(heading: str) -> dict[str, str]:
    """The table below a heading: its last column by its first."""
    text = PAGE.read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]
    cells = [row.split(" | ") for row in ROW.findall(text)][2:]
    return {first: rest[-1] for first, *rest in cells}


def places(cell: str) -> list[tuple[str, str]]:
    """Files and fields that each record has; what follows `and` or `if` is not in each."""
    sure = re.split(r"\band\b|\bif\b", cell)[0]
    found = PLACE.findall(sure)
    return [(name, field) for name, field in found if "." in name or name in bench.PRODUCTS]


def missing(folder: Path, cell: str) -> list[str]:
    """The places of a row that this folder does not have, or where nothing stands."""
    return [f"{name}: {field}" for name, field in places(cell) if not _there(folder, name, field)]


def _there(folder: Path, name: str, field: str) -> bool:
    if not (folder / name).is_file():
        return False
    if not field:
        return bool((folder / name).read_bytes())
    value: Any = json.loads((folder / name).read_text())
    for part in field.split("."):
        value = value[part]
    return value not in (None, "", [], {})
