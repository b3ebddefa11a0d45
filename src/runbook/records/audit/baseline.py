"""The last confirmed change of a host: its record here, and what the host itself knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from runbook.apply.checkpoint.history import EndedChange
from runbook.common import handed_files
from runbook.common.errors import CorrectParameters
from runbook.plan import plan as plans
from runbook.plan.plan import Plan
from runbook.plan.promise.guests import GuestPromise
from runbook.plan.promise.host import Promise
from runbook.plan.promise.reverted import RevertPromise
from runbook.records.audit.needs import Promises
from runbook.records.files import is_name, newest_first
from runbook.run import record
from runbook.run.record import Ending, RunRecord
from runbook.state import snapshot as snapshots
from runbook.state.snapshot import Snapshot

# The state after a change, as the run wrote it that confirmed it: `runbook confirm` reads it first.
AFTER, READ_FIRST = "after.json", "now.json"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a host has to be like. `state` is None where no record here has it.

    `undone` says by what the change was taken back on the host after it was confirmed.
    """

    change_id: str
    promises: Promises
    state: Snapshot | None = None
    notes: tuple[str, ...] = ()
    undone: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmedRecord:
    """A record of a confirmation; another run may have made the change itself."""

    change_id: str
    confirmed_by: Path
    changed_by: Path
    state_name: str

    def plan(self) -> Plan | None:
        """The plan that was made."""
        path = self.changed_by / "plan.json"
        return _plan(path) if path.exists() else None

    def state(self) -> Snapshot | None:
        """The state after the change."""
        return _snapshot(self.confirmed_by / self.state_name)

    def before(self) -> Snapshot | None:
        """The state before the change."""
        return _snapshot(self.changed_by / "before.json")


def find(folder: Path, ended: EndedChange | None) -> Baseline | None:
    """What the host has to be like; None if no change of it was ever confirmed.

    `folder` is that of the host's records, `ended` what the host knows of its last change. Raises
    CorrectParameters if a record that is needed cannot be read.
    """
    notes: list[str] = []
    records = tuple(_confirmed(folder, notes))
    if ended and ended.end == "confirmed":
        change_id = ended.checkpoint.place.change_id
        (own, *_) = [*(r for r in records if r.change_id == change_id), None]
        if own is None:
            found = _from_host(ended, records)
            return replace(found, notes=(*notes, _no_record(ended), *found.notes))
        return _from_records(own, records, notes)
    if not records:
        return None
    newest = records[0]
    if ended is None:
        notes.append(f"the host has no history of change {newest.change_id}, which is on record")
    elif ended.undone and ended.checkpoint.place.change_id == newest.change_id:
        return Baseline(
            newest.change_id, Promises(), newest.before(), tuple(notes), undone=ended.undone
        )
    return _from_records(newest, records, notes)


def confirmed_changes(folder: Path) -> tuple[ConfirmedRecord, ...]:
    """The confirmed changes of one host, the newest first; an unreadable record is left out."""
    return tuple(_confirmed(folder, []))


def _from_records(
    own: ConfirmedRecord, records: Iterable[ConfirmedRecord], notes: list[str]
) -> Baseline:
    state = own.state()
    if state is None:
        notes.append(f"{own.confirmed_by.name} has no state after the change")
    older = [r for r in records if r.confirmed_by.name <= own.confirmed_by.name]
    promises = _promises(filter(None, (r.plan() for r in older)))
    without = () if _is_revert(own.plan()) else _without_plan(promises)
    return Baseline(own.change_id, promises, state, (*notes, *without))


def _is_revert(plan: Plan | None) -> bool:
    return plan is not None and isinstance(plan.promise, RevertPromise)


def _from_host(ended: EndedChange, records: Iterable[ConfirmedRecord]) -> Baseline:
    """By the plan that the host itself has kept."""
    kept = ended.checkpoint.plan
    older = (record.plan() for record in records)
    promises = _promises(filter(None, (kept, *older)))
    change_id = ended.checkpoint.place.change_id
    return Baseline(change_id, promises, notes=tuple(_without_plan(promises)))


def _without_plan(promises: Promises) -> Iterator[str]:
    if promises.host is None:
        yield (
            "no plan of the host's own change is here, so it is not judged what the next boot would"
            " do. Copy the run folder of that change to here"
        )


def _no_record(ended: EndedChange) -> str:
    checkpoint = ended.checkpoint
    return (
        f"change {checkpoint.place.change_id} by {checkpoint.operator} was confirmed on the host"
        " and has no record here, so only its promise is checked. Copy its run folder to here"
    )


def _promises(from_the_newest: Iterable[Plan]) -> Promises:
    """The host's own newest promise, and the newest about each guest since."""
    guests: dict[str, GuestPromise] = {}
    for plan in from_the_newest:
        if isinstance(plan.promise, Promise):
            keeps_name = any(path.endswith(".link") for path in plan.paths)
            return Promises(plan.promise, tuple(guests.values()), keeps_name=keeps_name)
        if isinstance(plan.promise, RevertPromise):
            # Nothing of the host itself is promised any more: its state alone is compared.
            return Promises(None, tuple(guests.values()))
        for guest in plan.promise.guests:
            guests.setdefault(guest.name, replace(plan.promise, guests=(guest,)))
    return Promises(None, tuple(guests.values()))


def _confirmed(folder: Path, notes: list[str]) -> Iterator[ConfirmedRecord]:
    """The confirmed changes on record, the newest first."""
    paths = (path for path in folder.glob("[A-Za-z0-9]*") if path.is_dir())
    for path in newest_first(paths):
        try:
            found = record.read(path)
        except (OSError, ValueError) as error:
            notes.append(f"record {path.name} cannot be read: {error}")
            continue
        if found.outcome.get("outcome") == Ending.AS_PROMISED:
            yield _of(found)


def _of(found: RunRecord) -> ConfirmedRecord:
    """`runbook confirm` tells in found.json which run had made the change."""
    made = found.path
    if "found.json" in found.products:
        told = _json(found.path / "found.json")
        number = str(told.get("change_id", ""))
        made = found.path.parent / number if is_name(number) else found.path
    state = AFTER if AFTER in found.products else READ_FIRST
    return ConfirmedRecord(made.name, found.path, made, state)


def _json(path: Path) -> dict[str, object]:
    try:
        return handed_files.json_object(handed_files.text(path))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _plan(path: Path) -> Plan:
    try:
        return plans.loads(handed_files.text(path))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _snapshot(path: Path) -> Snapshot | None:
    if not path.exists():
        return None
    try:
        return snapshots.loads(handed_files.text(path), str(path))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> CorrectParameters:
    return CorrectParameters(
        f"{path} cannot be read: {error}",
        state="no difference was judged; the host was only read",
        then="restore that file from a copy; `runbook status` says what the host itself knows",
    )
