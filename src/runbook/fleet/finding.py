"""Why a run failed, by its record: the finding that blocks, or the check that was not kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from runbook.common import handed_files
from runbook.common.printable import printable

_LONGEST = 300


def last_finding(folder: str) -> str:
    """The last one in words; '' where the record has none, or there is no record."""
    found = [*_of_preflight(folder), *_of_the_verdict(folder)] if folder else []
    line = " ".join(printable(found[-1]).split()) if found else ""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _of_preflight(folder: str) -> Iterator[str]:
    for row in _rows(folder, "preflight.json"):
        if row.get("level") in ("block", "consent") and not row.get("given"):
            yield f"{row.get('about')}: {row.get('seen')}; {row.get('then')}"


def _of_the_verdict(folder: str) -> Iterator[str]:
    for row in _rows(folder, "verdict.json"):
        if row.get("kept") is False and row.get("required") is not False:
            yield f"{row.get('about')}: promised {row.get('promised')}, is {row.get('seen')}"


def _rows(folder: str, name: str) -> Iterator[Mapping[str, object]]:
    with suppress(OSError, ValueError, RecursionError):
        read = json.loads(handed_files.text(Path(folder) / name, through_links=False))
        yield from _objects(read)


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    """Every object in it, whatever it is nested in."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _objects(each)
