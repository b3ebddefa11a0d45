"""The cells that find what an earlier run left on a host. They write nothing there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd

from runbook import views
from runbook.common.clock import SystemClock
from runbook.common.errors import ParameterError, RunbookError
from runbook.common.folders import outputs_folder
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.ending import in_short
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.shared.page_head import show_page_head
from runbook.notebook.shared.request import OF_A_KNOWN_HOST, given, named_host, show_host
from runbook.notebook.shared.runs import HostRun
from runbook.notebook.shared.sealing import begin
from runbook.notebook.shared.undoing import records
from runbook.params import (
    NOTHING_SAID,
    WORDS,
    ChangeRequest,
    KnownHost,
    change_request,
    check_names,
)
from runbook.run import pipeline, record
from runbook.run.session import HostSession
from runbook.run.standing import HostStatus, open_host_session, read_standing
from runbook.state import snapshot as snapshots
from runbook.state.diff import COLUMNS, compare
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

NAMES = (*OF_A_KNOWN_HOST, "action", "take_over", *WORDS)
DIFF = "diff-now.json"
ACTIONS = ("undo", "confirm")


@dataclass(frozen=True, slots=True, repr=False)
class UndoRequest(CellValue):
    """A host, and what is to become of the change on it: '' leaves it open."""

    params: KnownHost
    action: str
    take_over: bool
    change_request: ChangeRequest = NOTHING_SAID

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and what is to be done."""
        return ("host", self.params.host), ("action", self.action or "not given")


@dataclass(frozen=True, slots=True, repr=False)
class UndoVisit(CellValue):
    """A host that answers, and how it stands."""

    request: UndoRequest
    session: HostSession
    standing: HostStatus

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and how it stands."""
        return facts_of(self.standing)


def facts_of(standing: HostStatus) -> tuple[tuple[str, object], ...]:
    """Which host, how it stands, and which change it is about."""
    kept = standing.checkpoint
    change = kept.place.change_id if kept else "none"
    return ("host", standing.host), ("state", standing.state), ("change", change)


@dataclass(frozen=True, slots=True, repr=False)
class UndoView(CellValue):
    """The same, its record begun, and its state now; None where that cannot be read."""

    reached: UndoVisit
    run: HostRun
    now: Snapshot | None

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and how it stands."""
        return facts_of(self.reached.standing)

    @FrameProperty
    def diff(self) -> pd.DataFrame:
        """One row a difference from before the change: change, table, key, column, before, after.

        Empty where either state cannot be read.
        """
        kept = self.reached.standing.checkpoint
        if not (self.now and kept and kept.before):
            return pd.DataFrame(columns=COLUMNS)
        return compare(kept.before, named_as(kept.before, self.now)).rows


def parameters(namespace: Mapping[str, object]) -> UndoRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    show_page_head()
    check_names(namespace, NAMES)
    request = want(with_host(namespace, free=True))
    show_host(request.params, OF_A_KNOWN_HOST)
    told = [("action", request.action or "not given"), ("take_over", request.take_over)]
    views.show(views.card(told, "What is to be done"))
    return request


def want(values: Mapping[str, object]) -> UndoRequest:
    """The same from values; None stands for a value that was not given."""
    action, take_over = values.get("action") or "", values.get("take_over") or False
    if action not in ("", *ACTIONS):
        fix = "write 'undo' or 'confirm', or leave it out to look only"
        raise ParameterError("action", action, "there is no such action", fix)
    if not isinstance(take_over, bool):
        fix = "write True only once you know whose change it is and what became of it"
        raise ParameterError("take_over", take_over, "it is neither True nor False", fix)
    words = change_request(given(values, WORDS))
    return UndoRequest(named_host(values), str(action), take_over, words)


def meet(request: UndoRequest) -> UndoVisit:
    """Connect and show how the host stands; raises MendAccess, or Refused on another machine."""
    clock = SystemClock()
    for note in request.params.notes:
        views.show(views.note(note, "warn"))
    with views.doing(f"Connecting to {request.params.host}", clock.monotonic):
        session = open_host_session(request.params, clock)
    with views.doing("Looking for a change on it", clock.monotonic):
        standing = read_standing(session)
    views.show(views.standing(standing))
    return UndoVisit(request, session, standing)


def look(reached: UndoVisit) -> UndoView:
    """Begin the record, read the state, and show how it differs from before the change."""
    session, checkpoint = reached.session, reached.standing.checkpoint
    folder = record.create_second(outputs_folder(), session.params.host, session.change_id)
    this = HostRun(session, folder)
    begin(this, "undo", request=reached.request.change_request)
    folder.once_json("params.json", _asked(reached.request))
    folder.once_json("found.json", reached.standing.as_dict())
    if checkpoint and checkpoint.before:
        folder.once("before.json", snapshots.dumps(checkpoint.before))
    now = _state_now(this)
    if now:
        folder.once("now.json", snapshots.dumps(now))
        _show_now(this, now, checkpoint.before if checkpoint else None)
    return UndoView(reached, this, now)


def _asked(request: UndoRequest) -> dict[str, object]:
    values = {name: getattr(request.params, name) for name in OF_A_KNOWN_HOST}
    return {**values, "action": request.action or None, "take_over": request.take_over}


def _state_now(run: HostRun) -> Snapshot | None:
    # A host whose libvirt hangs can be undone all the same.
    clock = run.session.clock
    with suppress(RunbookError), views.doing("Reading the state now", clock.monotonic):
        try:
            return pipeline.read(run.session)
        except RunbookError as error:
            views.show(views.note(f"the state cannot be read now: {in_short(error)}", "bad"))
            raise
    return None


def _show_now(run: HostRun, now: Snapshot, before: Snapshot | None) -> None:
    views.show(views.identity(now.identity))
    if before is None:
        views.show(views.state(now))
        return
    now = named_as(before, now)
    found = compare(before, now)
    run.folder.once(DIFF, records(found))
    head = views.title("The state now, against before the change")
    same = views.note("no row differs", "good")
    drawn = same if found.empty else views.side_by_side(before, now, DIFF)
    views.show(views.stack((head, drawn)))
