"""What was recorded: a whole host, and one kernel's tables with iproute2's reading of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from runbook.state import links
from runbook.state.table import R, Table, frame
from runbook.transport import Completed, RecordedHost, Recording, questions
from runbook.transport.recording import Question

KERNEL = Path(__file__).parents[1] / "data/kernel"
EXAMPLE = Path(__file__).parents[3] / "params/example.json"
LOST = object()


def dump(name: str) -> bytes:
    """The kernel's raw answer."""
    return (KERNEL / f"{name}.bin").read_bytes()


def text(name: str) -> str:
    """What a program said."""
    return (KERNEL / name).read_text()


def said(name: str) -> list[dict[str, Any]]:
    """What iproute2 said of the same moment."""
    told: list[dict[str, Any]] = json.loads(text(name))
    return told


@cache
def names() -> dict[int, str]:
    """The interfaces of that kernel."""
    return {row.ifindex: row.ifname for row in links.parse(dump("links"))}


@cache
def _example() -> Recording:
    return Recording.load(EXAMPLE)


def asked() -> frozenset[Question]:
    """Every question that the recorded host answers."""
    return frozenset(_example().answers)


def host(folder: Path, answers: Mapping[Question, Any] | None = None) -> RecordedHost:
    """The recorded host, but for these answers; one that is LOST was never asked for."""
    told = {**_example().answers, **(answers or {})}
    kept = {question: answer for question, answer in told.items() if answer is not LOST}
    Recording(_example().host, kept).save(folder / "host.json")
    return RecordedHost(folder / "host.json")


def program(
    *argv: str, returncode: int = 0, stdout: str = "", stderr: str = ""
) -> dict[Question, Any]:
    """What a program answers."""
    done = Completed(argv, returncode, stdout.encode(), stderr.encode())
    return {questions.query(argv): questions.from_completed(done)}


def as_documented(rows: Sequence[R], table: Table[R]) -> bool:
    """Every cell is of its column's type, in the DataFrame too, and the rows are in order."""
    shown = frame(table.row, rows)
    assert list(shown.columns) == list(table.columns)
    for name, described in table.columns.items():
        assert described.holds(column(rows, name)), name
        # pandas before 3 keeps text as objects.
        assert str(shown[name].dtype).replace("object", "str") == described.dtype, name
    keys = [tuple(getattr(row, name) for name in table.key) for row in rows]
    assert keys == sorted(keys)
    return True


def column(rows: Sequence[object], name: str, **equal: object) -> list[Any]:
    """One column of the rows in which each named column has the given value."""
    return [
        getattr(row, name)
        for row in rows
        if all(getattr(row, other) == value for other, value in equal.items())
    ]
