"""The cells that compare the host with the record of the change. They write nothing on the host."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from runbook import views
from runbook.common.clock import SystemClock
from runbook.common.folders import outputs_folder
from runbook.notebook.revert.request import RevertRequest
from runbook.notebook.routed.look import stop_at_a_change
from runbook.notebook.shared.cell_value import FrameProperty
from runbook.notebook.shared.ending import reading
from runbook.notebook.shared.runs import Run
from runbook.notebook.shared.sealing import REVERTS, begin
from runbook.notebook.shared.stages import stage
from runbook.notebook.shared.stopping import refuse
from runbook.notebook.shared.undoing import records
from runbook.notebook.shared.values import Before, ChangeVisit
from runbook.params import as_document
from runbook.records.confirmed import refuse_another_digest
from runbook.run import pipeline, record
from runbook.run.subject_revert import RevertSubject
from runbook.state import snapshot as snapshots
from runbook.state.diff import compare
from runbook.state.host import command_output
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

SINCE = "diff-since.json"


@dataclass(frozen=True, slots=True, repr=False)
class RevertVisit(ChangeVisit):
    """A host that answers."""

    request: RevertRequest


@dataclass(frozen=True, slots=True, repr=False)
class BeforeRevert(Before):
    """The state now, and as it was when the change was confirmed."""

    # Of a Before all fields after the first two have defaults.
    recorded: Snapshot | None = None

    @FrameProperty
    def since(self) -> pd.DataFrame:
        """One row a difference since the change was confirmed.

        Columns: change, table, key, column, before, after.
        """
        then = self.recorded or self.snapshot
        return compare(then, named_as(then, self.snapshot)).rows


@stage("host")
def meet(request: RevertRequest) -> RevertVisit:
    """Connect and say which machine this is; raises MendAccess, or InProgress with a picture."""
    clock = SystemClock()
    with views.doing(f"Connecting to {request.params.host}", clock.monotonic):
        session = pipeline.open_session(request.params, clock)
    session = replace(
        session,
        change_request=request.change_request,
        subject=RevertSubject(change=request.found.change),
    )
    stop_at_a_change(session)
    return RevertVisit(request, session)


@stage("before")
def look(reached: RevertVisit) -> BeforeRevert:
    """Read the state, begin the record, and show what was altered since the change."""
    session, found = reached.session, reached.request.found
    folder = record.create(outputs_folder(), session.params.host, session.change_id)
    this = Run(session, folder, reached.course)
    begin(this, "revert", request=session.change_request)
    this.course.stop = lambda why: refuse(this, why)
    folder.once_json("params.json", as_document(session.params))
    folder.once_json(REVERTS, {"change_id": found.change.change_id, "record": found.made.name})
    with reading(this, "Reading the state now"):
        snapshot = pipeline.read(session)
        words = command_output.read(session.host)
        folder.once("before.json", snapshots.dumps(snapshot))
        folder.once("commands-before.json", command_output.dumps(words))
        refuse_another_digest(found, session.host)
        pipeline.observe(session, snapshot)
    views.show(views.identity(snapshot.identity))
    recorded = found.change.after
    now = named_as(recorded, snapshot)
    folder.once(SINCE, records(compare(recorded, now)))
    head = views.title("The state now, against the record of the change")
    same = compare(recorded, now).empty
    drawn = views.note("no row differs since the change was confirmed", "good")
    views.show(views.stack((head, drawn if same else views.side_by_side(recorded, now, SINCE))))
    return BeforeRevert(this, snapshot, recorded=recorded)
