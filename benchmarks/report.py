"""The results as a file, as lines for a terminal, and as tables for the documents."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from benchmarks import measure
from benchmarks.measure import Row
from pydantic import BaseModel

FORMAT = 1
Load = tuple[float, float, float]


def load() -> Load:
    """How many processes wanted to run in the last 1, 5 and 15 minutes."""
    return os.getloadavg()


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


class Group(BaseModel):
    """One group: when, at which load of the machine (1, 5 and 15 minutes), and its rows."""

    name: str
    begun: datetime
    ended: datetime
    load_before: Load
    load_after: Load
    rows: tuple[Row, ...]


class Report(BaseModel):
    """What `latest.json` holds. `format` goes up if a reader would misunderstand it."""

    format: int = FORMAT
    processor: str = ""
    cores: int = 0
    kernel: str = ""
    python: str = ""
    groups: tuple[Group, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The file; an empty report where there is none."""
        return cls.model_validate_json(path.read_text()) if path.exists() else cls()

    def having(self, name: str, rows: Sequence[Row], begun: datetime, before: Load) -> Report:
        """The same with this group measured anew, on this machine."""
        group = Group(
            name=name,
            begun=begun,
            ended=now(),
            load_before=before,
            load_after=load(),
            rows=tuple(rows),
        )
        return Report(
            processor=measure.model(),
            cores=measure.cores(),
            kernel=platform.release(),
            python=platform.python_version(),
            groups=(*(g for g in self.groups if g.name != name), group),
        )

    def rows(self, group: str, case: str, metric: str) -> tuple[Row, ...]:
        """The tools of one case."""
        (found,) = (g for g in self.groups if g.name == group)
        return tuple(r for r in found.rows if (r.case, r.metric) == (case, metric))


def write(path: Path, report: Report) -> None:
    """As JSON, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.model_dump_json(indent=1) + "\n")


def line(row: Row) -> str:
    """One row for a terminal."""
    beside = f"  {row.ratio:.2f} x {row.beside}" if row.ratio and row.beside != row.tool else ""
    leaves = f"  ({row.leaves})" if row.leaves else ""
    what = f"{row.case}: {row.tool}"
    return f"{what:62} {row.metric:>15} {row.median:11g} {row.unit}{beside}{leaves}"


def markdown(report: Report) -> Iterator[str]:
    """A table for each group and metric, as docs/explanation/performance.md has them."""
    for group in report.groups:
        before, after = group.load_before[0], group.load_after[0]
        moments = f"{group.begun:%Y-%m-%d %H:%M} to {group.ended:%H:%M} UTC"
        yield f"\n### {group.name} ({moments}, load {before:.1f} to {after:.1f})\n"
        for metric in dict.fromkeys(row.metric for row in group.rows):
            yield from _table(metric, [row for row in group.rows if row.metric == metric])


def _table(metric: str, rows: Iterable[Row]) -> Iterator[str]:
    yield f"| case | tool | {metric}, median | lowest to highest | runs | ratio |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in rows:
        ends = f"{min(row.values):g} to {max(row.values):g} {row.unit}"
        ratio = f"{row.ratio:.2f}" if row.ratio and row.tool != row.beside else ""
        cells = (row.case, row.tool, f"{row.median:g} {row.unit}", ends, len(row.values), ratio)
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""
