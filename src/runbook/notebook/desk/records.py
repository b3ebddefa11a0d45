"""One row for each run folder: its kind, its subject, who ran it, how long, how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from runbook.common import handed_files
from runbook.notebook.shared.record_links import links_of
from runbook.records.files import BEGUN, newest_first, run_folders
from runbook.run import record
from runbook.run.record import OUTCOME
from runbook.views import Picture
from runbook.views.links import Links, linked

# A record of an earlier version says by its files what kind it is of.
KINDS = {
    "guests-asked.json": "guest",
    "found.json": "undo",
    "seen.json": "survey",
    "before.json": "change",
}
STAMP = "%Y%m%dT%H%M%SZ"
COLUMNS = ["kind", "host", "subject", "who", "start (UTC)", "duration", "ended"]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A run folder in the list; '' is not known."""

    path: Path
    host: str
    kind: str
    subject: str
    who: str
    begun: datetime | None
    ended: str
    duration: timedelta | None

    @property
    def when(self) -> str:
        """Its begin, in UTC."""
        return f"{self.begun:%Y-%m-%d %H:%M:%S}" if self.begun else self.path.name

    @property
    def took(self) -> str:
        """Its duration, as 4:07 or 1:04:07."""
        if self.duration is None:
            return ""
        minutes, seconds = divmod(int(self.duration.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def rows(outputs: Path, host: str = "") -> Iterator[RecordRow]:
    """All run folders, the newest first; one that is damaged says so."""
    folders = [path for path in run_folders(outputs) if host in ("", path.parent.name)]
    for path in newest_first(folders):
        yield _row(path)


def frame(runs: Sequence[RecordRow]) -> pd.DataFrame:
    """One row a run, for people."""
    cells = [(r.kind, r.host, r.subject, r.who, r.when, r.took, r.ended) for r in runs]
    return pd.DataFrame(cells, columns=COLUMNS)


def picture(runs: Sequence[RecordRow], folder: Path) -> Picture:
    """The same with links to what each run left; `folder` is where the page is."""
    links = [tuple(links_of(run.path, folder)) for run in runs]
    return linked(frame(runs), links, Links("Records", searched=True))


def _row(path: Path) -> RecordRow:
    begun = _stamp(path.name)
    try:
        found = record.read(path)
        told = _begun(path) if BEGUN in found.products else {}
    except (OSError, ValueError) as error:
        damaged = f"cannot be read: {error}"
        return RecordRow(path, path.parent.name, "", "", "", begun, damaged, None)
    kinds = (kind for name, kind in KINDS.items() if name in found.products)
    operator = told.get("operator")
    person = operator.get("person") if isinstance(operator, dict) else None
    return RecordRow(
        path,
        path.parent.name,
        str(told.get("kind") or next(kinds, "")),
        str(told.get("subject") or path.parent.name),
        str(person or found.outcome.get("operator", "")),
        begun,
        found.told,
        _duration(begun, found.outcome) if OUTCOME in found.products else None,
    )


def _begun(path: Path) -> Mapping[str, object]:
    return handed_files.json_object(handed_files.text(path / BEGUN))


def _stamp(name: str) -> datetime | None:
    """The change id begins with it."""
    try:
        return datetime.strptime(name.partition("-")[0], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _duration(begun: datetime | None, outcome: Mapping[str, object]) -> timedelta | None:
    try:
        at = datetime.fromisoformat(str(outcome.get("at")))
        return at - begun if begun else None
    except (ValueError, TypeError):
        return None
