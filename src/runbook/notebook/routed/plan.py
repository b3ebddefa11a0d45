"""The cells that decide: what there is to do, and whether it may be done."""

from __future__ import annotations

from collections.abc import Iterator

from runbook import views
from runbook.apply.verify import Verdict
from runbook.common import serial
from runbook.notebook.shared.ending import reading
from runbook.notebook.shared.runs import HostRun, Run, Stopped
from runbook.notebook.shared.stages import stage
from runbook.notebook.shared.undoing import keep_verdict
from runbook.notebook.shared.values import Before, ClearedPlan, Planned
from runbook.plan.forecast import after_plan
from runbook.plan.forecast.boot import rehearse
from runbook.plan.plan import Plan
from runbook.plan.promise.host import Promise
from runbook.preflight import Finding, RefusedByPreflight
from runbook.run import pipeline
from runbook.run.record import PASSED_MIME, Ending
from runbook.run.session import Ready
from runbook.run.subject import UnjudgedPlan
from runbook.state.host.probes import Probed
from runbook.views import Look, Picture
from runbook.views.grid import Grid


@stage("plan")
def plan(before: Before) -> Planned:
    """Draw the plan and show it, step by step; raises Refused or ParameterError."""
    this, verdict = before.run, None
    if before.picked:
        draft = UnjudgedPlan(before.picked.armed.plan)
        views.show(views.plan(draft.plan, before.snapshot))
        return Planned(before, draft)
    with reading(this, "Planning"):
        draft = pipeline.plan(this.session, before.snapshot, before.observation)
        this.folder.again("plan.json", serial.dumps(draft.plan))
        this.folder.note(this.session.clock.now(), f"plan {draft.plan.digest}")
        if draft.plan.empty:
            verdict = pipeline.standing(this.session, draft, before.snapshot)
    if verdict:
        _show_nothing_to_do(draft.plan, verdict, before)
    else:
        views.show(views.stack((views.plan(draft.plan, before.snapshot), *_lasting(draft, before))))
    return Planned(before, draft)


def _lasting(draft: UnjudgedPlan, before: Before) -> Iterator[Picture]:
    """What a boot would do once the plan is made."""
    promise = draft.plan.promise
    if isinstance(promise, Promise):
        after = after_plan.after(draft.plan, before.snapshot)
        yield views.boot(rehearse(promise, after), "What a boot would do once the plan is made")


def _show_nothing_to_do(drawn_plan: Plan, verdict: Verdict, before: Before) -> None:
    views.show(views.note(f"Nothing to do: {_whole(drawn_plan)} is as promised already.", "good"))
    if not verdict.passed:
        views.show(views.note("But the next boot would change that.", "bad"))
    keep_verdict(before.run, verdict, "The promise, and the state of the host")


def _whole(drawn_plan: Plan) -> str:
    return "the host" if isinstance(drawn_plan.promise, Promise) else "every guest"


@stage("preflight")
def preflight(planned: Planned) -> ClearedPlan | Stopped:
    """Judge the plan; raises Refused, with every finding on the page."""
    this, picked = planned.before.run, planned.before.picked
    if picked:
        views.show(views.note("Preflight ran before the change was armed, and is not repeated."))
        return ClearedPlan(planned.before, Ready(picked.armed.cleared, picked.probed))
    if planned.draft.plan.empty:
        why = f"{_whole(planned.draft.plan)} is as promised already"
        return stopped(this, Ending.NOTHING_TO_DO, why)
    with reading(this, "Preflight"):
        ready = _judge(planned)
    show_findings(this, ready.cleared.findings)
    show_probes(this, ready.probed)
    return ClearedPlan(planned.before, ready)


def stopped(run: HostRun, ending: Ending, why: str) -> Stopped:
    """Go no further, on purpose, and say so."""
    return go_by(Stopped(run, ending, why))


def go_by(stop: Stopped) -> Stopped:
    """A cell that has nothing to do says why."""
    note = views.note(f"{stop.why}: nothing was written")
    views.show_with(note, {PASSED_MIME: {"why": stop.why}})
    return stop


def _judge(planned: Planned) -> Ready:
    session = planned.before.run.session
    try:
        return pipeline.preflight(session, planned.draft, planned.before.snapshot)
    except RefusedByPreflight as refused:
        show_findings(planned.before.run, refused.findings)
        raise


def show_findings(this: Run, findings: tuple[Finding, ...]) -> None:
    """What was found, into the record and onto the page."""
    this.folder.again("preflight.json", serial.dumps(findings) + "\n")
    views.show(views.findings(findings))


def show_probes(this: Run, probed: Probed) -> None:
    """What answers before the change, into the record and onto the page."""
    this.folder.again("probes.json", serial.dumps(probed) + "\n")
    rows = [(p.target, "answers" if p.answered else "no answer") for p in probed.probes]
    told = Grid.of(("target", "before"), rows)
    mac = probed.gateway_sees or "not seen: it did not answer"
    holds = [views.note(f"{probed.gateway} sends this host's packets to {mac}")]
    if probed.router:
        told_by = probed.router
        macs = " ".join(told_by.macs) or told_by.said
        holds.append(views.note(f"{told_by.router} has in its ARP table for this host: {macs}"))
    head = "Probes: what answers now has to answer after the change"
    views.show(views.stack((views.table(told, Look(head)), *holds)))
