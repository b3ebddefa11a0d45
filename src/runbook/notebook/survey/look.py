"""The cells that look at a host and offer what they found; nothing is written on the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from runbook import views
from runbook.apply.checkpoint.armed_change import refuse_if_armed
from runbook.common.clock import SystemClock
from runbook.common.errors import ParameterError, ReadFailed, Refused
from runbook.common.folders import outputs_folder, params_folder
from runbook.notebook import widgets
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.ending import reading
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.shared.page_head import show_page_head
from runbook.notebook.shared.request import given
from runbook.notebook.shared.runs import OfARun, RecordedRun
from runbook.notebook.shared.sealing import begin
from runbook.notebook.shared.state_tables import StateTables
from runbook.notebook.survey.form import SurveyForm
from runbook.notebook.widgets.field import read, written
from runbook.params import (
    ACCESS,
    NAMES,
    Access,
    Params,
    access,
    check_names,
    existing_file,
    resolve,
)
from runbook.preflight import Finding
from runbook.preflight.survey.candidates import candidates
from runbook.preflight.survey.judge import judge
from runbook.preflight.survey.nics import Candidate, nics
from runbook.preflight.survey.offer import FIELDS, offer
from runbook.preflight.survey.offer import Offered as Value
from runbook.run import pipeline, record
from runbook.run.session import Session
from runbook.run.subject import Observation
from runbook.state import snapshot as snapshots
from runbook.state.host import nic_hardware, operator_connection
from runbook.state.host.nic_hardware import NicRow
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import Snapshot, take
from runbook.state.table import frame
from runbook.transport.connect import visit
from runbook.views import Look

# What is not the rest of the file: the way to the host, and what is to be done.
APART = (*ACCESS, "mode")
NETWORK = ["name", "bridge", "forward_mode", "addresses", "active", "autostart"]


@dataclass(frozen=True, slots=True, repr=False)
class SurveyRequest(CellValue):
    """A host to survey: the way to it, what its file says now, what was given; whether to write."""

    access: Access
    in_file: Mapping[str, object]
    injected: Mapping[str, object]
    writes: bool

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and the way to it."""
        return ("host", self.access.host), ("connect", self.access.connect)

    def all(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of the whole file: the way to the host, and these."""
        ways = {name: getattr(self.access, name) for name in ACCESS if name != "host"}
        said = {**self.in_file, **self.injected, "connect": self.access.connect}
        shown = {name: value for name, value in ways.items() if name in said}
        rehearsal = {"mode": "plan"} if self.access.connect == "recorded" else {}
        kept = {"mode": self.in_file["mode"]} if "mode" in self.in_file else rehearsal
        return {**shown, **kept, **values}


@dataclass(frozen=True, slots=True, repr=False)
class SurveyRun(RecordedRun):
    """A survey under way: the request, and the run folder."""

    request: SurveyRequest = field(kw_only=True)


@dataclass(frozen=True, slots=True, repr=False)
class SurveyedHost(OfARun, StateTables):
    """A host as it was found; `names` are the interfaces that could be meant."""

    run: SurveyRun
    snapshot: Snapshot
    own: Connection | None
    candidates: tuple[Candidate, ...]
    names: tuple[str, ...]

    @FrameProperty
    def nics(self) -> pd.DataFrame:
        """One row an interface: interface, mac, driver, speed, carrier, addresses, master, ...

        `this_connection`: the operator's own connection comes in by it.
        """
        return frame(Candidate, self.candidates)

    def params(self, values: Mapping[str, object]) -> Params:
        """The parameters that these values come to; raises ParameterError."""
        whole = self.run.request.all(values)
        return resolve(given(whole, whole), {"host": self.run.host})

    def findings(self, values: Mapping[str, object]) -> tuple[Finding, ...]:
        """What preflight in routed.ipynb would say of this host now; raises RunbookError."""
        visit = self.run.session
        way = (visit.host, visit.operator, visit.change_id, visit.clock, visit.connect)
        session = Session(self.params(values), *way)
        draft = pipeline.plan(session, self.snapshot, Observation(self.own))
        return tuple(pipeline.findings(session, draft, self.snapshot))

    def judge(self, values: Mapping[str, object]) -> tuple[ParameterError, ...]:
        """What is wrong with values for this host."""
        return judge(self.run.host, self.run.request.all(values), self.snapshot, self.own)


@dataclass(frozen=True, slots=True, repr=False)
class SurveyOffer(CellValue):
    """A value for each parameter, and the form to change them; None where nobody is there."""

    met: SurveyedHost
    values: Mapping[str, Value]
    form: SurveyForm | None = field(default=None)

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host."""
        return (("host", self.met.run.host),)

    @FrameProperty
    def offered(self) -> pd.DataFrame:
        """One row a parameter: field, value, why this value (where it came from)."""
        rows = [(name, written(value), why) for name, (value, why) in self.values.items()]
        return pd.DataFrame(rows, columns=["field", "value", "why this value"])

    def now(self) -> dict[str, object]:
        """The values as they are now."""
        offered = {name: value for name, (value, _) in self.values.items()}
        return {**offered, **(self.form.values() if self.form else {})}


def parameters(namespace: Mapping[str, object]) -> SurveyRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    show_page_head()
    check_names(namespace)
    namespace = with_host(namespace, free=True)
    told = given(namespace, NAMES)
    file = existing_file(params_folder(), told)
    mode = told.get("mode", "apply")
    if mode not in ("plan", "apply"):
        fix = "write 'plan' to show the file only, or leave it out to write the file"
        raise ParameterError("mode", mode, "there is no such mode", fix)
    request = SurveyRequest(access(file, told), file.values, told, writes=mode == "apply")
    _show_request(request)
    return request


def meet(request: SurveyRequest) -> SurveyedHost:
    """Connect, begin the record, and show the host's interfaces.

    Raises MendAccess if there is no way to it, InProgress if a change is armed
    there, Refused if it has no interface that this could be about.
    """
    clock = SystemClock()
    with views.doing(f"Connecting to {request.access.host}", clock.monotonic):
        session = visit(request.access, clock)
    folder = record.create(outputs_folder(), request.access.host, session.change_id)
    this = SurveyRun(session, folder, request=request)
    begin(this, "survey")
    folder.once_json(
        "params.json", {"given": dict(request.injected), "file": dict(request.in_file)}
    )
    with reading(this, f"Looking at {this.host}"):
        refuse_if_armed(session.host, clock.now())
        snapshot = take(session.host, clock.now())
        folder.once("seen.json", snapshots.dumps(snapshot))
        own = operator_connection.read(session.host)
        found = nics(snapshot, _ports(this), own)
        _show_host(snapshot, found)
        return SurveyedHost(this, snapshot, own, found, candidates(snapshot, request.injected))


def choose(met: SurveyedHost) -> SurveyOffer:
    """Offer a value for each parameter: a form where somebody can fill it in.

    Raises Refused where several interfaces could be meant and nobody can be asked.
    """
    there, request = somebody_there(), met.run.request
    nic = _meant(met)
    if not (nic or there):
        with reading(met.run, "Choosing the interface"):
            raise _several(met)
    given = {name: value for name, value in request.injected.items() if name not in APART}
    file = {name: value for name, value in request.in_file.items() if name not in APART}
    values = offer(met.snapshot, nic, given, file)
    shown = SurveyOffer(met, values).offered
    views.show(views.table(shown, Look("The offer", limit=len(shown), unit="value")))
    return SurveyOffer(met, values, _form(met, values) if there else None)


def _form(met: SurveyedHost, values: Mapping[str, Value]) -> SurveyForm:
    rest = {name: value for name, (value, _) in values.items()}
    form = widgets.form(FIELDS, rest, met.snapshot, met.candidates)
    consent, clock = _consented(rest["consent"]), met.run.session.clock
    made = SurveyForm(form, consent, lambda now: met.findings({**rest, **now}), clock)
    form.check(lambda now: met.judge({**rest, **now, "consent": made.consents.values()}))
    made.show()
    met.run.course.live.append(made)
    widgets.wait_until_complete(form, made.consents, clock)
    return made


def _consented(value: object) -> tuple[str, ...]:
    """Of a file or a parameter, where it may be one text."""
    names = read("consent", written(value))
    return names if isinstance(names, tuple) else ()


def _meant(met: SurveyedHost) -> str:
    """The one interface that could be meant, or of several the one in the file; '' if neither."""
    in_the_file = str(met.run.request.in_file.get("interface", ""))
    if in_the_file in met.names:
        return in_the_file
    return met.names[0] if len(met.names) == 1 else ""


def _several(met: SurveyedHost) -> Refused:
    host = met.run.host
    return Refused(
        f"{host} has default routes on several interfaces: {', '.join(met.names)}",
        host=host,
        then=f"say which: -p interface {met.names[0]}; or choose in JupyterLab",
    )


def _ports(run: SurveyRun) -> tuple[NicRow, ...]:
    """Drivers and speeds; a recording may be older than the question."""
    try:
        return nic_hardware.read(run.session.host)
    except ReadFailed as error:
        views.show(views.note(f"drivers and speeds are not known: {error.what}"))
        return ()


def _show_request(request: SurveyRequest) -> None:
    there = "is there, and would be changed" if request.in_file else "is not there yet"
    ways = [(name, getattr(request.access, name) or "") for name in ACCESS]
    told = [
        *ways,
        (f"params/{request.access.host}.yaml", there),
        ("write the file", request.writes),
    ]
    views.show(views.card(told, "The host, and the way to it"))


def _show_host(snapshot: Snapshot, candidates: tuple[Candidate, ...]) -> None:
    networks = views.table(snapshot.networks[NETWORK], Look("libvirt's networks", unit="network"))
    interfaces = views.interfaces(candidates, "Interfaces")
    views.show(views.stack((views.identity(snapshot.identity), interfaces, networks)))
