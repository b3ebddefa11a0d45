"""The cells of guest.ipynb from the plan on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from runbook import views
from runbook.common import serial
from runbook.guest.undo import layout
from runbook.notebook.guest import look as finding
from runbook.notebook.guest.look import Entered
from runbook.notebook.routed import change as writing
from runbook.notebook.routed import close
from runbook.notebook.routed.plan import show_findings, show_probes, stopped
from runbook.notebook.shared.ending import reading
from runbook.notebook.shared.leave_guests import leave
from runbook.notebook.shared.stages import Course, stage
from runbook.notebook.shared.undoing import keep_verdict
from runbook.notebook.shared.values import (
    Before,
    Changing,
    Cleared,
    Finished,
    HostRun,
    Kept,
    Planned,
    Run,
    Seen,
    Stopped,
)
from runbook.plan.changes.guest.configuration import ReconfigureByHand, WatchInside
from runbook.plan.plan import PHASES, Plan
from runbook.preflight import RefusedByPreflight
from runbook.run import guest_pipeline
from runbook.run.guest_pipeline import Drawn
from runbook.run.record import Ending
from runbook.run.session import Ready


@dataclass(frozen=True, slots=True)
class GuestsPlanned:
    """A plan for guests, not yet judged."""

    before: Before
    drawn: Drawn

    @property
    def course(self) -> Course:
        """How the run goes."""
        return self.before.course


def enter(before: Before) -> Entered:
    """Go into each guest by what it offers, and look; raises LoginRefused or ConsoleTaken."""
    with keeping(before.run):
        return finding.enter(before)


@stage("plan")
def plan(entered: Entered) -> GuestsPlanned:
    """Draw the plan and show it, step by step; raises Refused or ParameterError."""
    before, this = entered.before, entered.before.run
    with keeping(this), reading(this, "Planning"):
        drawn = guest_pipeline.plan(this.session, before.snapshot, entered.offers)
        this.folder.again("plan.json", serial.dumps(drawn.plan) + "\n")
        this.folder.note(this.session.clock.now(), f"plan {drawn.plan.digest}")
        if drawn.plan.empty:
            verdict = guest_pipeline.nothing_to_do(this.session, drawn, before.snapshot)
    if drawn.plan.empty:
        views.show(views.note("Nothing to do: every guest is as promised already.", "good"))
        keep_verdict(this, verdict, "What is promised, and what is seen")
    else:
        made = drawn.plan
        views.show(views.plan(made.table(), made.digest, made.deadline_s))
    return GuestsPlanned(before, drawn)


@stage("preflight")
def preflight(planned: GuestsPlanned) -> Cleared | Stopped:
    """Judge the plan; raises Refused, with every finding on the page."""
    before, this, drawn = planned.before, planned.before.run, planned.drawn
    if drawn.plan.empty:
        return stopped(this, Ending.NOTHING_TO_DO, "every guest is as promised already")
    with keeping(this), reading(this, "Preflight"):
        ready = _judge(this, drawn, before)
    show_findings(this, ready.cleared.findings)
    show_probes(this, ready.probed)
    return Cleared(Planned(before, drawn.plan), ready)


def _judge(this: Run, drawn: Drawn, before: Before) -> Ready:
    try:
        return guest_pipeline.preflight(this.session, drawn, before.snapshot)
    except RefusedByPreflight as refused:
        show_findings(this, refused.findings)
        raise


def arm(cleared: Cleared | Stopped) -> Changing | Stopped:
    """With the operator's say, put the undo on the host and start its timer."""
    with keeping(cleared.run):
        return writing.arm(cleared)


def apply(change: Changing | Stopped, phase: str) -> Changing | Stopped:
    """Make the steps of one phase; what a person does in it is shown first.

    And after the first one already: papermill saves a notebook when a cell has ended, and a
    person who reads it there would see it only when nobody waits any more.
    """
    _instruct(change, phase)
    with keeping(change.run):
        made = writing.apply(change, phase)
    if phase == PHASES[0]:
        _tell_undos(made)
        _instruct(made, *PHASES[1:])
    return made


def _tell_undos(change: Changing | Stopped) -> None:
    if isinstance(change, Changing):
        armed = change.underway.armed
        if typed := undos(armed.plan, armed.change_id):
            views.show(views.guest_undos(typed))


def undos(made: Plan, change_id: str) -> dict[str, str]:
    """By guest, what a person types at its console to have it put back, with no network."""
    watched = (one.guest for one in made.changes if isinstance(one, WatchInside))
    return {guest: f"sh {layout.undo_path(change_id)}" for guest in watched}


def _instruct(change: Changing | Stopped, *phases: str) -> None:
    if isinstance(change, Changing):
        for made in change.underway.armed.plan.changes:
            if isinstance(made, ReconfigureByHand) and made.phase in phases:
                views.show(views.instructions(made.guest, made.instructions, made.wait_s))


def verify(change: Changing | Stopped) -> Seen | Stopped:
    """Look at host, guests and LAN anew; what is not as promised is undone."""
    with keeping(change.run):
        return writing.verify(change)


def confirm(seen: Seen | Stopped) -> Kept | Stopped:
    """Take the undo of each guest and of the host away: the change stays, the guests are left."""
    with keeping(seen.run):
        kept = writing.confirm(seen)
    keep_guests(kept.run)
    return kept


def after(kept: Kept | Stopped) -> Finished | Stopped:
    """Read the state again, and show every row in which it differs from before."""
    with keeping(kept.run):
        return close.after(kept)


def finish(last: Finished | Stopped) -> None:
    """Leave the guests; the last word, and where the record is."""
    keep_guests(last.run)
    close.finish(last)


@contextmanager
def keeping(this: HostRun) -> Iterator[None]:
    """Whatever goes wrong, what was said in the guests is in the record."""
    try:
        yield
    except BaseException:
        keep_guests(this)
        raise


def keep_guests(this: HostRun) -> None:
    """Leave every guest, and keep their original files and what went to and fro."""
    leave(this, guest_pipeline.within(this.session))
