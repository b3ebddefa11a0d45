"""The cells that change the host. What was made is not made again."""

from __future__ import annotations

import json
from datetime import datetime

from runbook import views
from runbook.apply.confirm import Confirmed, Verified
from runbook.apply.phases import Applied
from runbook.apply.steps.journal import Journal
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.jupyter.uninterrupted import uninterrupted
from runbook.notebook.live.watch import watch
from runbook.notebook.routed.plan import go_by, stopped
from runbook.notebook.shared.approval import approve, check_request, keep
from runbook.notebook.shared.by_hand import instruct, tell_undos
from runbook.notebook.shared.change_mark import mark
from runbook.notebook.shared.change_so_far import SharedChange
from runbook.notebook.shared.ending import not_ended, reading, waiting
from runbook.notebook.shared.pick_up import progress
from runbook.notebook.shared.runs import Run, Stopped
from runbook.notebook.shared.stages import NotNow, stage
from runbook.notebook.shared.steps import Stepping, show_journal
from runbook.notebook.shared.stopping import give_up
from runbook.notebook.shared.undoing import changing, keep_verdict
from runbook.notebook.shared.values import (
    Before,
    ChangeUnderway,
    ClearedPlan,
    ConfirmedChange,
    VerifiedChange,
)
from runbook.plan.plan import PHASES, Plan
from runbook.records.approval_text import how_to_sign
from runbook.run import pipeline
from runbook.run.pipeline import REHEARSE
from runbook.run.record import Ending
from runbook.run.session import Underway
from runbook.views import Picture

_LEFT = "; nothing of the change was made; what stands in /var/lib/runbook/{} undoes itself"
_RUN_ALL = (
    "After Run All, your answer starts all cells below, up to the record;"
    " the panel has a button that undoes the change at once."
)
# What approves exactly the plan that is shown.
APPROVE = (
    "The digest of this plan is {0}. To make exactly this plan, run again with"
    " `-p mode apply -r approved {0}`; a plan that differs is refused."
)
SIGN = "`approval: signed` wants the approver's signature. The approver types: {}"
_TOO_LATE = "{} came while the host confirmed the change. The change stays; the record is finished."


class OutOfTurn(NotNow):
    """A cell was run before its turn."""


@stage("arm")
def arm(cleared: ClearedPlan | Stopped) -> ChangeUnderway | Stopped:
    """With the operator's say, put the undo on the host and start its timer."""
    if isinstance(cleared, Stopped):
        return go_by(cleared)
    before = cleared.before
    run = before.run
    not_ended(run)
    if run.course.hand:
        say = "The undo is armed already. This cell did nothing."
        views.show(views.note(say, "warn"))
        return _in_hand(before, run.course.hand)
    if before.picked:
        return _go_on(before, before.picked)
    return _arm(cleared)


def _arm(cleared: ClearedPlan) -> ChangeUnderway | Stopped:
    before = cleared.before
    run = before.run
    if run.session.params.mode == "plan":
        _tell_approver(run, cleared.ready.cleared.plan)
        return stopped(run, Ending.PLANNED_ONLY, "mode is plan")
    with reading(run, "Checking the change request"):
        signed = check_request(cleared.ready.cleared.plan, run.session)
    if somebody_there():
        views.show(views.note(_RUN_ALL), *views.beforehand(cleared.ready.cleared.findings))
    plan, request = cleared.ready.cleared.plan, run.session.change_request
    mode = run.session.params.sources["mode"]
    with waiting(run):
        approval = approve(plan, mode, approved=request.approved)
    if not approval.given:
        return stopped(run, Ending.PLANNED_ONLY, f"the change was not approved, {approval.how}")
    keep(run, approval, signed)
    left = _LEFT.format(run.session.change_id)
    # A signal after the arming would have the change refused, with the host armed.
    with uninterrupted() as held, reading(run, "Arming the undo", left):
        told = views.note(f"Change {run.session.change_id}; its record is {run.folder.path}")
        views.show_with(told, mark(run, "arming"))
        underway = pipeline.arm(run.session, cleared.ready)
        hand = SharedChange(underway, run.session)
        change = _take(before, hand)
    run.folder.once("undo", underway.armed.undo_script)
    if held.name:
        with changing(change, "Stopping", "stopped"):
            held.deliver()
    _look_on(before, hand)
    return _in_hand(before, hand)


def _tell_approver(run: Run, plan: Plan) -> None:
    """What the person does who approves this plan."""
    views.show(views.note(APPROVE.format(plan.digest)))
    if run.session.params.approval == "signed":
        how = how_to_sign(plan, run.session.change_request, run.session.clock.now())
        views.show(views.note(SIGN.format(how)))


def _go_on(before: Before, picked: Underway) -> ChangeUnderway:
    """A change taken up: asked for anew, and not armed anew."""
    run = before.run
    so_far = progress(run, picked)
    views.show(views.note(so_far, "warn"))
    run.folder.comes_second()
    hand = SharedChange(picked, run.session)
    # A person sees the countdown, and can undo, before they answer.
    run.course.hand = hand
    _look_on(before, hand)
    hand.watcher.place()
    with waiting(run):
        approval = approve(picked.armed.plan, run.session.params.sources["mode"], so_far=so_far)
    not_ended(run)
    if not approval.given:
        run.course.leave()
        run.course.hand = None
        raise OutOfTurn(
            f"the change was not taken up, {approval.how}",
            host=run.host,
            state="in the middle of the change; its undo is armed and ends it at the deadline",
            then=f"run this cell again to continue, or `runbook undo {run.host}`",
        )
    keep(run, approval)
    run.folder.note(run.session.clock.now(), f"taken up by {run.session.operator}")
    change = _take(before, hand)
    views.show_with(_armed(hand.underway), mark(run, "armed", hand.underway))
    return change


def _take(before: Before, hand: SharedChange) -> ChangeUnderway:
    """From here on whatever ends the run undoes the change."""
    before.run.folder.comes_second()
    course, change = before.run.course, ChangeUnderway(before, hand)
    course.hand = hand
    course.stop = lambda why: give_up(change, why)
    return change


def _look_on(before: Before, hand: SharedChange) -> None:
    """Begin to watch the change, with a panel where a person can use it."""
    # The values are settled now; what stands in a form is no question any more.
    before.run.course.freeze()
    change = ChangeUnderway(before, hand)
    hand.watcher = watching = watch(change)
    if somebody_there():
        # A run that nobody watches does without ipywidgets.
        from runbook.notebook.live.buttons import Panel  # noqa: PLC0415

        Panel(change, watching)


def _in_hand(before: Before, hand: SharedChange) -> ChangeUnderway:
    views.show_with(_armed(hand.underway), mark(before.run, "armed", hand.underway))
    hand.watcher.place()
    return ChangeUnderway(before, hand)


@stage()
def apply(change: ChangeUnderway | Stopped, phase: str) -> ChangeUnderway | Stopped:
    """Make the steps of one phase; run again, it shows what was made and makes nothing.

    What a person has to do inside a guest in it is shown first, and after the first phase
    already: papermill saves a notebook when a cell has ended, and a person who reads it there
    would see it only when nobody waits any more.
    """
    if isinstance(change, Stopped):
        return go_by(change)
    armed = change.underway.armed
    instruct(armed.plan, phase)
    made = _apply(change, phase)
    if phase == PHASES[0]:
        tell_undos(armed.plan, armed.change_id)
        instruct(armed.plan, *PHASES[1:])
    return made


def _apply(change: ChangeUnderway, phase: str) -> ChangeUnderway:
    this, hand, product = change.before.run, change.hand, f"apply-{phase}.json"
    not_ended(this)
    hand.watcher.place(phase)
    if this.folder.has(product):
        return _made_before(change, phase)
    _in_turn(change, phase)
    with changing(change, f"Phase {phase}", phase), Stepping(hand.underway.armed, phase) as told:
        applied = pipeline.apply(this.session, hand.underway, phase, told)
        this.folder.once(product, _as_json(applied))
        told.end(applied)
    _further(hand, applied)
    return change


def _in_turn(change: ChangeUnderway, phase: str) -> None:
    """Raise OutOfTurn, with nothing done, if an earlier phase is still to be made."""
    this, plan = change.before.run, change.underway.armed.plan
    earlier = [name for name in PHASES[: PHASES.index(phase)] if plan.steps(name)]
    owed = [name for name in earlier if not this.folder.has(f"apply-{name}.json")]
    if owed:
        raise OutOfTurn(
            f"phase {phase} comes after phase {owed[0]}, which is not made yet; nothing was done",
            host=this.host,
            state="armed, and as the cells before this one left it",
            then=f"run the cell of phase {owed[0]} first",
        )


@stage("verify")
def verify(change: ChangeUnderway | Stopped) -> VerifiedChange | Stopped:
    """Look at the host over a new connection; what is not as promised is undone."""
    if isinstance(change, Stopped):
        return go_by(change)
    this, hand = change.before.run, change.hand
    if hand.applied is None or hand.applied.phase != PHASES[-1]:
        not_ended(this)
        raise OutOfTurn(
            "not all steps are made, so there is nothing to verify yet",
            host=this.host,
            state="armed, and as the cells before this one left it",
            then=f"run the cells of the phases {', '.join(PHASES)} first",
        )
    if hand.confirmed:
        return VerifiedChange(change.before, hand, hand.confirmed.verified)
    with changing(change, "Verifying, over a new connection", "verifying"):
        # A button may have confirmed it while this cell waited for its turn.
        kept = hand.confirmed.verified if hand.confirmed else None
        verified = kept or pipeline.verify(this.session, hand.underway, hand.applied)
    verified = kept or _rebooted(change, verified)
    hand.verified = verified
    keep_verdict(this, verified.verdict, "The verdict: as promised")
    return VerifiedChange(change.before, hand, verified)


def _rebooted(change: ChangeUnderway, verified: Verified) -> Verified:
    """The same, after the reboot that `reboot: rehearse` asks for."""
    this, hand = change.before.run, change.hand
    if this.session.params.reboot != REHEARSE:
        return verified
    with changing(change, f"Rebooting {this.host}, as `reboot: rehearse` asks", "reboot"):
        proven = pipeline.reboot_if_asked(this.session, hand.underway, verified)
        hand.underway = Underway(proven.armed, hand.underway.probed)
    return proven


@stage("confirm")
def confirm(seen: VerifiedChange | Stopped) -> ConfirmedChange | Stopped:
    """Over another new connection, take the undo away: the change stays."""
    if isinstance(seen, Stopped):
        return go_by(seen)
    this, hand = seen.run, seen.hand
    if hand.confirmed is None:
        with changing(seen, "Confirming, over another new connection", "confirming"):
            confirmed = hand.confirmed or _confirm(seen)
        this.course.end()
    else:
        confirmed = hand.confirmed
    this.course.leave_guests()
    stays = views.note(f"Confirmed at {_utc(confirmed.at)}: the change stays.", "good")
    views.show_with(stays, mark(this, "confirmed", hand.underway))
    return ConfirmedChange(seen.before, confirmed)


def _confirm(seen: VerifiedChange) -> Confirmed:
    # A signal here would have a confirmed change end as one whose undo failed.
    with uninterrupted() as held:
        confirmed = pipeline.confirm(seen.run.session, seen.verified, seen.hand.hold)
        seen.run.folder.once_json("confirmed.json", {"at": confirmed.at.isoformat()})
        seen.hand.confirmed = confirmed
    if held.name:
        views.show(views.note(_TOO_LATE.format(held.name), "warn"))
    return confirmed


def _armed(underway: Underway) -> Picture:
    armed = underway.armed
    pairs = [
        ("change", armed.change_id),
        ("undone by itself at", f"{_utc(armed.deadline)}, unless confirmed"),
        ("undo it at the console", f"sh {armed.undo_path}"),
    ]
    script = views.card([("script", armed.undo_script)])
    folded = views.fold("The undo script, as it stands on the host", script)
    seen = Picture(folded.body, "(the undo script: see the run folder)")
    return views.stack((views.card(pairs, "Armed"), seen))


def _further(hand: SharedChange, applied: Applied) -> None:
    """The same change, with the deadline that the phase may have moved."""
    hand.underway = Underway(applied.armed, hand.underway.probed)
    hand.applied = applied


def _made_before(change: ChangeUnderway, phase: str) -> ChangeUnderway:
    """What a phase left in the record, in place of making it again."""
    text = change.before.run.folder.text(f"apply-{phase}.json")
    log = Journal(str(json.loads(text)["journal"]))
    applied = Applied(change.underway.armed, phase, log)
    say = f"Phase {phase} was made already. This cell did nothing."
    views.show(views.note(say, "warn"))
    show_journal(applied)
    done = change.hand.applied
    if done is None or PHASES.index(done.phase) < PHASES.index(phase):
        change.hand.applied = applied
    return change


def _as_json(applied: Applied) -> str:
    armed = applied.armed
    told = {
        "deadline": armed.deadline.isoformat(),
        "timer_number": armed.timer_number,
        "journal": applied.log.text,
    }
    return json.dumps(told, indent=1) + "\n"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
