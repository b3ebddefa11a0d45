"""The cells that decide: what there is to do, and whether it may be done."""

from __future__ import annotations

import pandas as pd

from runbook import views
from runbook.apply.verify import standing
from runbook.common import serial
from runbook.notebook.shared.ending import reading
from runbook.notebook.shared.stages import stage
from runbook.notebook.shared.undoing import keep_verdict
from runbook.notebook.shared.values import Before, Cleared, HostRun, Planned, Run, Stopped
from runbook.plan.forecast import after_plan, boot
from runbook.plan.plan import Plan
from runbook.preflight import Finding, RefusedByPreflight
from runbook.run import pipeline
from runbook.run.record import Ending
from runbook.run.session import Ready
from runbook.state.host.probes import Probed
from runbook.views import Look, Picture


@stage("plan")
def plan(before: Before) -> Planned:
    """Draw the plan and show it, step by step; raises Refused or ParameterError."""
    this = before.run
    if before.picked:
        drawn = before.picked.armed.plan
        views.show(views.plan(drawn.table(), drawn.digest, drawn.deadline_s))
        return Planned(before, drawn)
    with reading(this, "Planning"):
        drawn = pipeline.plan(this.session, before.snapshot)
        this.folder.again("plan.json", serial.dumps(drawn) + "\n")
        this.folder.note(this.session.clock.now(), f"plan {drawn.digest}")
    if drawn.empty:
        _show_nothing_to_do(drawn, before)
    else:
        views.show(views.plan(drawn.table(), drawn.digest, drawn.deadline_s))
        views.show(_lasting(drawn, before))
    return Planned(before, drawn)


def _lasting(drawn: Plan, before: Before) -> Picture:
    """The edits, and what a boot would then do."""
    after = after_plan.after(drawn, before.snapshot)
    rows = boot.table(boot.rehearse(drawn.of_host, after))
    told = views.boot(rows, "The next boot, once the plan is made")
    folded = views.fold("What a boot would do once the plan is made", told)
    return views.stack((views.edits(after_plan.diffs(drawn, before.snapshot)), folded))


@stage("preflight")
def preflight(planned: Planned) -> Cleared | Stopped:
    """Judge the plan; raises Refused, with every finding on the page."""
    this, picked = planned.before.run, planned.before.picked
    if picked:
        views.show(views.note("Judged before the change was armed; nothing is judged anew."))
        return Cleared(planned, Ready(picked.armed.cleared, picked.probed))
    if planned.plan.empty:
        return stopped(this, Ending.NOTHING_TO_DO, "the host is as promised already")
    with reading(this, "Preflight"):
        ready = _judge(planned)
    show_findings(this, ready.cleared.findings)
    show_probes(this, ready.probed)
    return Cleared(planned, ready)


def stopped(this: HostRun, ending: Ending, why: str) -> Stopped:
    """Go no further, on purpose, and say so."""
    return go_by(Stopped(this, ending, why))


def go_by(stop: Stopped) -> Stopped:
    """A cell that has nothing to do says why."""
    views.show(views.note(f"{stop.why}: nothing was written"))
    return stop


def _judge(planned: Planned) -> Ready:
    session = planned.before.run.session
    try:
        return pipeline.preflight(session, planned.plan, planned.before.snapshot)
    except RefusedByPreflight as refused:
        show_findings(planned.before.run, refused.findings)
        raise


def show_findings(this: Run, found: tuple[Finding, ...]) -> None:
    """What was found, into the record and onto the page."""
    this.folder.again("preflight.json", serial.dumps(found) + "\n")
    views.show(views.findings(found))


def show_probes(this: Run, probed: Probed) -> None:
    """What answers before the change, into the record and onto the page."""
    this.folder.again("probes.json", serial.dumps(probed) + "\n")
    rows = [(p.target, "answers" if p.answered else "no answer") for p in probed.probes]
    told = pd.DataFrame(rows, columns=["target", "before"])
    mac = probed.gateway_sees or "not seen: it did not answer"
    holds = [views.note(f"{probed.gateway} sends this host's packets to {mac}")]
    if probed.router:
        told_by = probed.router
        macs = " ".join(told_by.macs) or told_by.said
        holds.append(views.note(f"{told_by.router} itself holds for this host: {macs}"))
    head = "Probes: what answers now has to answer after the change"
    views.show(views.stack((views.table(told, Look(head)), *holds)))


def _show_nothing_to_do(drawn: Plan, before: Before) -> None:
    found = standing(drawn.of_host, before.snapshot)
    views.show(views.note("Nothing to do: the host is as promised already.", "good"))
    if not found.kept:
        views.show(views.note("But its next boot would not leave it so.", "bad"))
    keep_verdict(before.run, found, "What is promised, and what is seen")
