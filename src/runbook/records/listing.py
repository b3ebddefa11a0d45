"""Records as lines of text, one record a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runbook.common.printable import printable
from runbook.records.entry import Entry

COLUMNS = ("begun", "host", "kind", "subject", "person", "verdict", "ticket", "lasted", "record")


def lines(found: Sequence[Entry], about: Mapping[str, str]) -> Iterator[str]:
    """A head, then each record; `about` says of a place what was found there."""
    rows = [_row(entry) for entry in found]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    for row, entry in zip((COLUMNS, *rows), (None, *found), strict=True):
        line = "  ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True))
        yield line.rstrip()
        if entry and (text := about.get(entry.place)):
            yield f"    {_short(text, 160)}"


def _row(entry: Entry) -> tuple[str, ...]:
    begun = entry.begun[:16].replace("T", " ")
    lasted = "" if entry.duration_s is None else f"{entry.duration_s:.0f} s"
    mark = "! " if entry.open else ""
    told = (begun, entry.host, entry.kind, entry.subject, entry.person, f"{mark}{entry.words}")
    return tuple(map(_short, (*told, entry.ticket, lasted, entry.change_id)))


def _short(text: str, most: int = 40) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"
