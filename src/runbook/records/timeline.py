"""A host's records in the order of time: what was done, what audits found, the states in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from runbook.common import handed_files
from runbook.common.errors import CorrectParameters, ReadFailed
from runbook.records.audit.drift import Severity
from runbook.records.card import Tone, tone
from runbook.records.entry import RUNNING, WAITING, Entry
from runbook.records.files import newest_first
from runbook.records.index import Wanted, opened
from runbook.records.make_manifest import AUDIT
from runbook.records.predicate import Fact
from runbook.state import snapshot as snapshots
from runbook.state.guests import GuestRow, TapRow
from runbook.state.snapshot import Snapshot

# By its file, what a state in a record is called; in the order in which a run reads them.
STATES = {
    "before.json": "before",
    "seen.json": "survey",
    "now.json": "found",
    "after.json": "after",
}
OF_AN_AUDIT = {
    Severity.NEXT_BOOT: "bad",
    Severity.OFF_THE_LAN: "bad",
    Severity.LESS: "warn",
    Severity.HARMLESS: "note",
}


@dataclass(frozen=True, slots=True)
class StateOnRecord:
    """A state of the host in one of its records."""

    change_id: str
    name: str
    path: Path

    @property
    def label(self) -> str:
        """As a parameter names it."""
        return f"{self.change_id}/{self.name}"

    def load(self) -> Snapshot:
        """The state; raises CorrectParameters if it cannot be read."""
        try:
            return snapshots.loads(handed_files.text(self.path), str(self.path))
        except (OSError, ValueError, ReadFailed) as error:
            raise CorrectParameters(
                f"{self.path} cannot be read: {error}",
                state="no host was contacted",
                then="`runbook records verify` says whether somebody has altered it",
            ) from error


@dataclass(frozen=True, slots=True)
class TimelineRecord:
    """One record: what it says, how an audit judged, the states in it."""

    entry: Entry
    folder: Path
    differences: tuple[Severity, ...]
    states: tuple[StateOnRecord, ...]

    @property
    def tone(self) -> Tone:
        """How bad its result is."""
        if self.differences:
            return OF_AN_AUDIT[max(self.differences)]  # type: ignore[return-value] # they are tones
        if self.entry.fact in (RUNNING, WAITING):
            return "note"
        try:
            return tone(Fact(self.entry.fact))
        except ValueError:
            return "bad"

    @property
    def drift(self) -> str:
        """What an audit found, in words; '' of any other record."""
        if not self.differences:
            return ""
        worst = max(self.differences)
        return f"{len(self.differences)} found, the worst: {worst.words}"


@dataclass(frozen=True, slots=True)
class GuestEvent:
    """What became of a guest between two states."""

    seen_at: datetime
    guest: str
    what: str


def timeline(outputs: Path, host: str) -> tuple[TimelineRecord, ...]:
    """All records of the host, the oldest first; empty if there is none."""
    with opened(outputs) as index:
        entries = {outputs / entry.place: entry for entry in index.entries(Wanted(host=host))}
    return tuple(_record(entries[folder], folder) for folder in newest_first(entries)[::-1])


def states(records: Iterable[TimelineRecord]) -> tuple[StateOnRecord, ...]:
    """Every state in the records, the oldest first."""
    return tuple(state for record in records for state in record.states)


def guest_events(seen: Sequence[Snapshot]) -> Iterator[GuestEvent]:
    """What became of each guest from one state to the next; the oldest state comes first."""
    for before, after in pairwise(seen):
        was, now = _guests(before), _guests(after)
        for guest in sorted({*was, *now}):
            if was.get(guest) != now.get(guest):
                yield GuestEvent(after.taken_at, guest, _became(was.get(guest), now.get(guest)))


def _became(was: str | None, now: str | None) -> str:
    if was is None:
        return f"new: {now}"
    return f"gone; it was {was}" if now is None else f"{was} → {now}"


def _guests(snapshot: Snapshot) -> dict[str, str]:
    """By its name, how a guest is and what it is attached to."""
    attached: dict[str, list[str]] = {}
    for tap in snapshot.rows(TapRow):
        attached.setdefault(tap.guest, []).append(tap.source or tap.defined_source or "nothing")
    return {
        guest.name: f"{guest.state}, on {' and '.join(attached.get(guest.name, ['nothing']))}"
        for guest in snapshot.rows(GuestRow)
    }


def _record(entry: Entry, folder: Path) -> TimelineRecord:
    there = [(name, folder / file) for file, name in STATES.items() if (folder / file).is_file()]
    kept = tuple(StateOnRecord(entry.change_id, name, path) for name, path in there)
    return TimelineRecord(entry, folder, tuple(_differences(folder)), kept)


def _differences(folder: Path) -> Iterator[Severity]:
    """How bad each difference is that an audit wrote; none of what is damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        document = handed_files.json_object(handed_files.text(folder / AUDIT))["differences"]
        for one in document:
            yield Severity[str(one["severity"]).upper()]
