"""Two records beside each other: what is said of them, the host's state, the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from runbook.common import handed_files
from runbook.common.errors import CorrectParameters, ReadFailed
from runbook.plan import plan as plans
from runbook.records.entry import Entry
from runbook.state import snapshot as snapshots
from runbook.state.diff import ADDED, compare
from runbook.state.diff import REMOVED as GONE
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

# The last state that a run has read.
STATES = ("after.json", "now.json", "seen.json", "before.json")
APART = ("place", "change_id", "begun", "ended", "duration_s", "links", "open", "sealed")


class DiffRow(NamedTuple):
    """One row in which two records differ; '' where one has no such row."""

    part: str
    what: str
    first: str
    second: str


def differences(outputs: Path, first: Entry, second: Entry) -> Iterator[DiffRow]:
    """Every row: of the record itself, of the state, of the plan.

    Raises CorrectParameters if a state or a plan cannot be read.
    """
    yield from _said(first, second)
    yield from _states(outputs / first.place, outputs / second.place)
    yield from _plans(outputs / first.place, outputs / second.place)


def _said(first: Entry, second: Entry) -> Iterator[DiffRow]:
    own, other = asdict(first), asdict(second)
    for name in own:
        if name not in APART and own[name] != other[name]:
            yield DiffRow("record", name, str(own[name]), str(other[name]))


def _states(first: Path, second: Path) -> Iterator[DiffRow]:
    own, other = _state(first), _state(second)
    if own is None or other is None:
        if own is not other:
            yield DiffRow("state", "recorded", "yes" if own else "no", "yes" if other else "no")
        return
    for row in compare(own, named_as(own, other)).found:
        what = " ".join(filter(None, (str(row.table), str(row.key), str(row.column))))
        there = "there" if row.change in (ADDED, GONE) else ""
        pair = [str(row.before), str(row.after)]
        if row.change == ADDED:
            pair[1] = pair[1] or there
        if row.change == GONE:
            pair[0] = pair[0] or there
        yield DiffRow("state", what, *pair)


def _plans(first: Path, second: Path) -> Iterator[DiffRow]:
    own, other = _steps(first), _steps(second)
    for what in own - other:
        yield DiffRow("plan", what, "planned", "")
    for what in other - own:
        yield DiffRow("plan", what, "", "planned")


def _state(folder: Path) -> Snapshot | None:
    for name in STATES:
        path = folder / name
        if path.exists():
            try:
                return snapshots.loads(handed_files.text(path), str(path))
            except (OSError, ValueError, ReadFailed) as error:
                raise _unreadable(path, error) from error
    return None


def _steps(folder: Path) -> Counter[str]:
    path = folder / "plan.json"
    if not path.exists():
        return Counter()
    try:
        plan = plans.loads(handed_files.text(path))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return Counter(f"{row.phase}: {row.what}: {row.before} -> {row.after}" for row in plan.rows())


def _unreadable(path: Path, error: Exception) -> CorrectParameters:
    return CorrectParameters(
        f"{path} cannot be read: {error}",
        state="no host was contacted",
        then="`runbook records verify` says whether somebody has altered it",
    )
