"""The matrix as rows: on the terminal and in a file as they come, and summed up at the end."""

from __future__ import annotations

import csv
import statistics
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import click
from tests.faults.judging import BETWEEN, GOOD, LIES, LOST, Result, Waited
from tests.faults.undoing import THROUGH

COLUMNS = (
    *("release", "addressing", "fault", "point", "step", "end"),
    *("since", "cut_off", "answered_s", "ended_s", "claim", "first_page", "why"),
)
# From the deadline to a host that answers the operator, median.
PROMISED_S = 2.0
# Of a row that is no good; the file has all of them.
LINES = 24
COUNTED = (LOST, BETWEEN, LIES)


@dataclass
class Table:
    """Rows for people and for programs; they come from several threads."""

    path: Path
    _file: IO[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Begin the file anew."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", newline="", encoding="utf-8")
        csv.writer(self._file).writerow(COLUMNS)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def tell(self, result: Result) -> None:
        """One row, kept at once."""
        with self._lock:
            click.echo(row(result))
            for line in result.why.splitlines()[:LINES]:
                click.echo(f"    {line}")
            if self._file:
                csv.writer(self._file).writerow(_fields(result))
                self._file.flush()


def ended_well(path: Path) -> frozenset[tuple[str, str, str]]:
    """Release, fault and point of each case of an earlier run that ended well."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["end"] in GOOD]
    return frozenset((row["release"], row["fault"], row["point"]) for row in rows)


def row(result: Result) -> str:
    """Release, fault, where, end, seconds to reach the operator again, since when."""
    case, waited = result.case, result.waited
    took = " ".join(_seconds(value) for value in (waited.answered, waited.ended))
    where = f"{case.fault:46.46} {case.where:52.52}"
    return f"{case.release:8} {where} {result.end:25} {took} from {_since(waited)}"


def summary(results: list[Result], took_s: float) -> Iterable[str]:
    """Cases and ends by release, then how long each way back took."""
    yield f"{len(results)} cases in {took_s / 60:.1f} min"
    ends = dict.fromkeys((*COUNTED, *sorted({result.end for result in results})))
    for release in dict.fromkeys(result.case.release for result in results):
        here = [result.end for result in results if result.case.release == release]
        told = ", ".join(f"{end}: {here.count(end)}" for end in ends)
        yield f"  {release}: {len(here)} cases; {told}"
    late = sum(result.why == THROUGH for result in results)
    if late:
        yield f"  {late} of them came when {THROUGH}"
    yield "  in all: " + ", ".join(f"{e}: {sum(r.end == e for r in results)}" for e in ends)
    for since in sorted({_since(result.waited) for result in results if result.waited.since}):
        waits = [result.waited for result in results if _since(result.waited) == since]
        answered = _middle(value for wait in waits if (value := wait.answered) is not None)
        ended = _middle(value for wait in waits if (value := wait.ended) is not None)
        yield f"  from {since} ({len(waits)}): the operator is let in, {answered}; ended, {ended}"


def in_time(results: list[Result]) -> bool:
    """Whether hosts that were cut off answered, median, within what is promised.

    Only they count: a host that answers throughout is not brought back by its undo.
    Cases that were to show it and did not are a failure.
    """
    meant = [result for result in results if result.case.cuts_off]
    seconds = [r.waited.answered for r in meant if r.waited.cut_off]
    known = [value for value in seconds if value is not None]
    return not meant or (bool(known) and statistics.median(known) <= PROMISED_S)


def _since(waited: Waited) -> str:
    return f"{waited.since}, cut off" if waited.cut_off else waited.since


def _seconds(value: float | None) -> str:
    return "   -  " if value is None else f"{value:4.1f} s"


def _middle(values: Iterable[float]) -> str:
    seconds = list(values)
    if not seconds:
        return "never"
    return f"median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s"


def _fields(result: Result) -> tuple[Any, ...]:
    case, waited = result.case, result.waited
    seconds = ("" if s is None else f"{s:.2f}" for s in (waited.answered, waited.ended))
    head = (case.release, case.addressing, case.fault, case.point, case.what, result.end)
    said = (result.claim, result.first_page)
    return (*head, waited.since, waited.cut_off, *seconds, *said, result.why)
