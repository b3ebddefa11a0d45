"""The stages of fleet.ipynb: plan for all, ask a person, change batch by batch, the summary."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from IPython.core.error import StdinNotImplementedError

from runbook import views
from runbook.common.errors import MendHost, Refused, RunbookError
from runbook.fleet import messages
from runbook.fleet.ledger import HostEnd, LedgerState
from runbook.fleet.page import INDEX
from runbook.fleet.run import FleetRun, again, new
from runbook.notebook.fleet.controls import controls
from runbook.notebook.fleet.live import Live
from runbook.notebook.fleet.request import FleetRequest, folders
from runbook.notebook.jupyter.unattended import RENDERED, may_write
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.next_steps import show_links
from runbook.views.links import Link, anchor
from runbook.views.tables import counted

Ask = Callable[[str], str]
COLUMNS = ["host", "end", "seconds", "finding", "said", "record"]


class FleetNotDone(MendHost):
    """Not all hosts are as promised."""


@dataclass(frozen=True, slots=True, repr=False)
class FleetPlanned(CellValue):
    """The plans of all hosts that are left."""

    request: FleetRequest
    run: FleetRun
    planned: Mapping[str, HostEnd]

    def facts(self) -> Iterable[tuple[str, object]]:
        """The run, and how many plans."""
        yield "fleet run", self.run.ledger.folder.name
        yield "hosts to change", len(self.to_change)

    @property
    def to_change(self) -> tuple[str, ...]:
        """The hosts that a change would be made on."""
        state = self.run.ledger.read()
        left = [host for host in state.plan.hosts if not state.is_settled(host)]
        return tuple(h for h in left if h not in self.planned or self.planned[h].end == "planned")

    @FrameProperty
    def plans(self) -> pd.DataFrame:
        """One row a host: host, end, seconds, finding, said, record (a folder)."""
        return _frame(self.planned.values())


@dataclass(frozen=True, slots=True, repr=False)
class FleetApproved(CellValue):
    """Whether the change was approved, and how."""

    planned: FleetPlanned
    given: bool
    how: str

    def facts(self) -> Iterable[tuple[str, object]]:
        """The approval."""
        yield "approved", self.given
        yield "how", self.how


@dataclass(frozen=True, slots=True, repr=False)
class FleetChanged(CellValue):
    """What became of each host."""

    run: FleetRun
    made: bool

    @property
    def state(self) -> LedgerState:
        """What the ledger says."""
        return self.run.ledger.read()

    def facts(self) -> Iterable[tuple[str, object]]:
        """The run, and its end."""
        yield "fleet run", self.run.ledger.folder.name
        yield "exit status of runbook fleet", self.run.status

    @FrameProperty
    def ends(self) -> pd.DataFrame:
        """One row a host: host, end, seconds, finding, said, record (a folder)."""
        return _frame(messages.ends(self.state))


def plan(request: FleetRequest) -> FleetPlanned:
    """Plan and judge for every host that is left; nothing is written on any of them.

    Raises Refused if preflight refuses a host, or if a host of a resumed run needs a person first.
    """
    if not may_write():
        state = "no host was asked anything"
        raise Refused(RENDERED, host="-", state=state, then="run it with papermill")
    desk, scheduler = folders(), request.scheduler
    run = (
        again(request.resume, desk, scheduler)
        if request.resume
        else new(request.plan, desk, scheduler)
    )
    live = Live()
    live.slot.place()
    with live.over(run).at_work() as engine:
        if request.resume and (stuck := run.ask_the_open(engine)):
            raise _stopped(run, f"these hosts need a person first: {_names(stuck)}")
        planned = run.plan(engine)
        if engine.stop.is_set():
            raise _stopped(run, "somebody stopped the run before all hosts were planned")
    refused = messages.refused_of(planned)
    if refused and not request.despite_refusals:
        raise _stopped(run, messages.refused(refused).partition("\n")[0])
    return FleetPlanned(request, run, planned)


def approve(planned: FleetPlanned, ask: Ask | None = None) -> FleetApproved:
    """Ask for the number of hosts to change; papermill approves, unless `mode` is plan."""
    count = len(planned.to_change)
    if planned.request.mode == "plan":
        return _told(FleetApproved(planned, given=False, how="mode=plan: no host is changed"))
    prompt = f"Type {count} to change {counted(count, 'host')}; any other answer changes none: "
    try:
        answer = (ask or builtins.input)(prompt).strip()
    except StdinNotImplementedError:
        return _told(FleetApproved(planned, given=True, how="mode=apply, with nobody to ask"))
    except (EOFError, KeyboardInterrupt):
        answer = ""
    how = f"{answer!r} was typed" if answer else "no answer"
    return _told(FleetApproved(planned, given=answer == str(count), how=how))


def change(approved: FleetApproved) -> FleetChanged:
    """Change the hosts batch by batch; stop where too many have failed."""
    planned = approved.planned
    run = planned.run
    if not approved.given:
        views.show(views.note(f"No host is changed: {approved.how}."))
        return FleetChanged(run, made=False)
    live = Live()
    live.slot.place()
    with live.over(run).at_work() as engine, controls(engine, run.standing):
        if planned.request.resume:
            run.try_again()
        run.settle(planned.planned)
        engine.change()
    return FleetChanged(run, made=True)


def record(changed: FleetChanged) -> None:
    """Show the summary; raises FleetNotDone unless every host is as promised."""
    state, folder = changed.state, changed.run.ledger.folder
    page = os.path.relpath(folder / INDEX, Path.cwd())
    link = anchor(Link("The summary of this fleet run", page))
    views.show(views.Picture(f"<p>{link}</p>", f"The summary is {folder / INDEX}"))
    show_links("")
    said = messages.last_word(state, folder)
    if not changed.made:
        views.show(views.note("Planned only: no host was changed."))
        return
    if changed.run.status:
        raise _stopped(changed.run, said.partition("\n")[0])
    views.show(views.verdict("good", "as promised", said.splitlines()[:1]))


def _told(approved: FleetApproved) -> FleetApproved:
    views.show(views.note(f"{'Approved' if approved.given else 'Not approved'}: {approved.how}"))
    return approved


def _stopped(run: FleetRun, why: str) -> RunbookError:
    state = run.ledger.read()
    failed = [end for end in {**state.planned, **state.ended}.values() if not end.end.good]
    return FleetNotDone(
        why,
        host=", ".join(end.host for end in failed) or "-",
        state="; ".join(f"{end.host}: {end.end}" for end in failed) or "as the summary says",
        then=f"look at {run.ledger.folder / INDEX}; to go on: resume = {run.ledger.folder.name!r}",
    )


def _names(ends: Iterable[HostEnd]) -> str:
    return ", ".join(f"{end.host} ({end.end})" for end in ends)


def _frame(ends: Iterable[HostEnd]) -> pd.DataFrame:
    rows = [(e.host, str(e.end), round(e.seconds, 1), e.finding, e.said, e.folder) for e in ends]
    return pd.DataFrame(rows, columns=COLUMNS)
