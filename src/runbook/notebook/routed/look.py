"""The cells that only look at the host: parameters, identity, form, state before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runbook import views
from runbook.apply.checkpoint.armed_change import InProgress
from runbook.common.clock import SystemClock
from runbook.common.folders import outputs_folder, params_folder
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared import pick_up as picking
from runbook.notebook.shared.cell_value import CellValue
from runbook.notebook.shared.ending import not_ended, reading
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.shared.page_head import show_page_head
from runbook.notebook.shared.pick_up import pick_up
from runbook.notebook.shared.request import given, show_request
from runbook.notebook.shared.runs import Run
from runbook.notebook.shared.sealing import announce, begin
from runbook.notebook.shared.stages import RunProgress, stage
from runbook.notebook.shared.stopping import refuse
from runbook.notebook.shared.values import Before, ConnectedHost, FinalParameters, RunRequest
from runbook.params import (
    NAMES,
    REQUEST_NAMES,
    ParameterRow,
    Params,
    as_document,
    as_rows,
    change_request,
    check_names,
    for_host,
)
from runbook.params.source import DEFAULT
from runbook.plan.routed.firewall.rules_file import lines, rules_file
from runbook.preflight.survey.nics import nics
from runbook.preflight.survey.offer import ASKED, FIELDS
from runbook.records.begin import About
from runbook.records.predicate import Kind
from runbook.run import pipeline, record
from runbook.run.record import OUTCOME
from runbook.run.session import Session
from runbook.run.standing import HostStatus
from runbook.state import snapshot as snapshots
from runbook.state.host import command_output, nic_hardware, operator_connection
from runbook.views import Look
from runbook.views.grid import Grid
from runbook.views.tables import counted

if TYPE_CHECKING:
    from runbook.notebook.routed.preview import Preview


@dataclass(frozen=True, slots=True, repr=False)
class ParameterForm(CellValue):
    """The form, and what it comes to; None where nobody is there to fill it in."""

    met: ConnectedHost
    preview: Preview | None

    @property
    def course(self) -> RunProgress:
        """How the run goes."""
        return self.met.course

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and what a person changed so far."""
        changed = self.preview.chosen() if self.preview else {}
        host = self.met.session.params.host
        return ("host", host), ("changed in the form", " ".join(changed) or "nothing")


def parameters(namespace: Mapping[str, object]) -> RunRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    show_page_head()
    course = _course(namespace.get("asked"))
    course.place()
    with course.at("parameters"):
        check_names(namespace, (*NAMES, *REQUEST_NAMES))
        request = change_request(namespace)
        namespace = with_host(namespace)
        injected = given(namespace, NAMES)
        params = for_host(params_folder(), injected)
        _show_params(params)
        show_request(request)
        announce(course, About(_kind(params), params.host, params.host, "none yet"), request)
        _show_rules(params)
    return RunRequest(params, injected, request, course)


def _course(before: object) -> RunProgress:
    """A new one; where the notebook is run from the top again, the one before is left."""
    if isinstance(before, RunRequest):
        before.course.leave()
    return RunProgress()


@stage("host")
def meet(asked: RunRequest) -> ConnectedHost:
    """Connect and say which machine this is; take up a change of one's own that is armed there.

    Raises MendAccess if that fails; InProgress, with a picture of it, if
    another change is armed or half made there.
    """
    clock = SystemClock()
    with views.doing(f"Connecting to {asked.params.host}", clock.monotonic):
        session = pipeline.open_session(asked.params, clock)
        session = replace(session, change_request=asked.change_request)
    try:
        pipeline.stand_clear(session)
    except InProgress as error:
        return pick_up(asked, session, error.found)
    with views.doing(f"A first look at {asked.params.host}", clock.monotonic):
        glance = pipeline.read(session)
    views.show(views.identity(glance.identity))
    return ConnectedHost(asked, session, glance)


def stop_at_a_change(session: Session) -> None:
    """Raise InProgress, with a picture of it, if a change is armed or half made there."""
    try:
        pipeline.stand_clear(session)
    except InProgress as error:
        views.show(views.standing(HostStatus(session.params.host, error.found)))
        raise


def choose(met: ConnectedHost) -> ParameterForm:
    """Offer the form where somebody can fill it in."""
    fixed = met.picked or met.course.hand
    if fixed or not somebody_there():
        why = "The change in progress has its values" if fixed else "Nobody to ask"
        views.show(views.note(f"{why}: the parameters stay as they are."))
        return ParameterForm(met, None)
    # A run that nobody watches does without the form, and without ipywidgets.
    from runbook.notebook import widgets  # noqa: PLC0415
    from runbook.notebook.routed.preview import Preview  # noqa: PLC0415

    host = met.session.host
    own = operator_connection.read(host)
    found = nics(met.glance, nic_hardware.read(host), own)
    _open_again(met.course)
    filled = for_host(params_folder(), met.asked.injected, met.course.chosen)
    preview = Preview(met, widgets.form(FIELDS, filled, met.glance, found), own, filled)
    preview.show()
    met.course.live.append(preview)
    widgets.wait_until_complete(preview.form, preview.consents, met.session.clock)
    return ParameterForm(met, preview)


def _open_again(course: RunProgress) -> None:
    """Of what was settled before nothing goes on, until it is settled again."""
    course.freeze()
    if course.marks["values"] == "done":
        course.again_from("values")


@stage("values")
def settle(offered: ParameterForm) -> FinalParameters:
    """Read the form, close it, and print the final parameters; raises ParameterError."""
    met = offered.met
    settled = picking.settle(met, met.picked) if met.picked else _settled(offered)
    _show_settled(settled.session.params)
    return settled


def _show_settled(params: Params) -> None:
    """What somebody decided, in the open; what is as usual, behind one line."""
    asked = [row for row in as_rows(params) if row.field in ASKED]
    usual = [row for row in asked if row.source == str(DEFAULT)]
    decided = [row for row in asked if row not in usual]
    table = views.table(_grid(decided), Look("The final values, and where each came from"))
    rest = views.table(_grid(usual), Look("By default", unit=""))
    folded = views.fold(f"{counted(len(usual), 'value')} by default", rest)
    views.show(views.stack((table, folded)) if usual else table)


def _grid(rows: Sequence[ParameterRow]) -> Grid:
    return Grid.of(ParameterRow._fields, rows)


def _settled(offered: ParameterForm) -> FinalParameters:
    asked, session = offered.met.asked, offered.met.session
    if hand := offered.course.hand:
        return FinalParameters(hand.session, hand.underway, offered.course)
    preview = offered.preview
    chosen = preview.chosen() if preview else {}
    params = for_host(params_folder(), asked.injected, chosen)
    if preview:
        offered.course.chosen = chosen
        preview.settle(params)
    return FinalParameters(replace(session, params=params), None, offered.course)


@stage("before")
def look(settled: FinalParameters) -> Before:
    """Read the whole state, begin the record with it, and show it."""
    this = _open_run(settled)
    if picked := settled.picked:
        before = picked.armed.cleared.before
        views.show(views.note("The state before the change, as it was when it was armed."))
        views.show(views.state(before))
        return Before(this, before, picked)
    with reading(this, "Reading the state before"):
        snapshot = pipeline.read(this.session)
        words = command_output.read(this.session.host)
        this.folder.again("before.json", snapshots.dumps(snapshot))
        this.folder.again("commands-before.json", command_output.dumps(words))
    views.show(views.state(snapshot, words))
    return Before(this, snapshot)


def wiring(before: Before) -> None:
    """Draw how router, NIC, bridge and guests hang together."""
    run = before.run
    drawn = views.wiring(before.snapshot, run.session.params.address)
    if not (before.picked or run.folder.has(OUTCOME)):
        run.folder.again("wiring-before.html", drawn.alone())
    # A person has it above, in the drawing of what the form comes to.
    views.show(views.fold("The wiring now", drawn) if somebody_there() else drawn)


def _open_run(settled: FinalParameters) -> Run:
    """The run's folder: made at the first look, opened again when the cell is run again."""
    session, course = settled.session, settled.course
    folder = outputs_folder() / session.params.host / session.change_id
    if folder.is_dir():
        this = Run(session, record.Folder(folder), course)
        not_ended(this)
    else:
        made = record.create(outputs_folder(), session.params.host, session.change_id)
        this = Run(session, made, course)
        begin(this, _kind(session.params), request=session.change_request)
    course.stop = lambda why: refuse(this, why)
    if not (settled.picked and this.folder.has("params.json")):
        this.folder.again_json("params.json", as_document(session.params))
    return this


def _kind(params: Params) -> Kind:
    return "plan" if params.mode == "plan" else "change"


def _show_rules(params: Params) -> None:
    ruleset = rules_file(params)
    if ruleset is not None:
        rows = Grid.of(("table", "chain", "rule"), lines(ruleset))
        views.show(views.table(rows, Look(f"The rules of params/{params.rules}", limit=len(rows))))


def _show_params(params: Params) -> None:
    """All of them behind one line: the form, or the cell after it, shows those of a change."""
    whole = as_rows(params)
    given = sum(row.source != str(DEFAULT) for row in whole)
    look = Look("Parameters, and where each came from", limit=len(whole), unit="")
    count = f"{params.host}: {counted(given, 'parameter')} given, {len(whole) - given} by default"
    views.show(views.fold(count, views.table(_grid(whole), look)))
