"""The cells that change the host: arm, apply, verify, confirm. Each is made once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from runbook import run, views
from runbook.apply import Applied
from runbook.errors import MendHost
from runbook.journal import Journal
from runbook.notebook.approval import Approval, approve
from runbook.notebook.deciding import go_by, stopped
from runbook.notebook.ending import not_ended, reading
from runbook.notebook.undoing import changing, keep_verdict
from runbook.notebook.values import Changing, Cleared, Kept, Run, Seen, Stopped
from runbook.plan import PHASES
from runbook.record import Ending
from runbook.run import Underway
from runbook.views import Look, Picture

_LEFT = "; nothing of the change was made; what stands in /var/lib/runbook/{} undoes itself"


class OutOfTurn(MendHost):
    """A cell was run before its turn, or a second time."""


def arm(cleared: Cleared | Stopped) -> Changing | Stopped:
    """With the operator's say, put the undo on the host and start its timer."""
    if isinstance(cleared, Stopped):
        return go_by(cleared)
    before, drawn = cleared.planned.before, cleared.planned.plan
    this = before.run
    if this.session.params.mode == "plan":
        return stopped(this, Ending.PLANNED_ONLY, "mode is plan")
    not_ended(this)
    _once(this, "approval.json")
    approval = approve(drawn, this.session.params.sources["mode"])
    if not approval.given:
        return stopped(this, Ending.PLANNED_ONLY, f"the change was not approved, {approval.how}")
    _keep_approval(this, approval)
    with reading(this, "Arming the undo", _LEFT.format(this.session.change_id)):
        underway = run.arm(this.session, cleared.ready)
    this.folder.once("undo", underway.armed.undo_script)
    views.show(_armed(underway))
    return Changing(before, underway)


def apply(change: Changing | Stopped, phase: str) -> Changing | Stopped:
    """Make the steps of one phase; run again, it shows what was made and makes nothing."""
    if isinstance(change, Stopped):
        return go_by(change)
    this, product = change.before.run, f"apply-{phase}.json"
    if this.folder.has(product):
        return _made_before(change, phase)
    with changing(change, f"Phase {phase}"):
        applied = run.apply(this.session, change.underway, phase)
        this.folder.once(product, _as_json(applied))
    _show_journal(applied)
    return _further(change, applied)


def verify(change: Changing | Stopped) -> Seen | Stopped:
    """Look at the host over a new connection; what is not as promised is undone."""
    if isinstance(change, Stopped):
        return go_by(change)
    this = change.before.run
    if change.applied is None or change.applied.phase != PHASES[-1]:
        raise OutOfTurn(
            "the change is not all made, so there is nothing to verify",
            host=this.host,
            state="armed, and as the cells before this one left it",
            then=f"run the cells of the phases {', '.join(PHASES)} first",
        )
    with changing(change, "Verifying, over a new connection"):
        verified = run.verify(this.session, change.underway, change.applied)
    keep_verdict(this, verified.verdict, "The verdict: as promised")
    return Seen(change, verified)


def confirm(seen: Seen | Stopped) -> Kept | Stopped:
    """Over another new connection, take the undo away: the change stays."""
    if isinstance(seen, Stopped):
        return go_by(seen)
    this = seen.changing.before.run
    _once(this, "confirmed.json")
    with changing(seen.changing, "Confirming, over another new connection"):
        confirmed = run.confirm(this.session, seen.verified)
        this.folder.once_json("confirmed.json", {"at": confirmed.at.isoformat()})
    views.show(views.note(f"Confirmed at {_utc(confirmed.at)}: the change stays.", "good"))
    return Kept(seen.changing.before, confirmed)


def _once(this: Run, product: str) -> None:
    if this.folder.has(product):
        raise OutOfTurn(
            "this cell was run already, and is run once; it did nothing",
            host=this.host,
            state="as the cells before this one left it",
            then="go on with the next cell; or begin anew with the cell that meets the host",
        )


def _keep_approval(this: Run, approval: Approval) -> None:
    session = this.session
    told = {"who": session.operator, "how": approval.how, "plan": approval.digest}
    this.folder.once_json("approval.json", {**told, "at": session.clock.now().isoformat()})


def _armed(underway: Underway) -> Picture:
    armed = underway.armed
    pairs = [
        ("change", armed.change_id),
        ("undone by itself at", f"{_utc(armed.deadline)}, unless confirmed"),
        ("by hand, at the console", f"sh {armed.undo_path}"),
    ]
    script = views.card([("script", armed.undo_script)])
    folded = views.fold("The undo script, as it stands on the host", script)
    seen = Picture(folded.body, "(the undo script: see the run folder)")
    return views.stack((views.card(pairs, "Armed"), seen))


def _further(change: Changing, applied: Applied) -> Changing:
    """The same change, with the deadline that the phase may have moved."""
    return replace(change, underway=replace(change.underway, armed=applied.armed), applied=applied)


def _show_journal(applied: Applied) -> None:
    caption = f"The journal on the host: phase {applied.phase}"
    numbers = [numbered.number for numbered in applied.armed.plan.steps(applied.phase)]
    rows = applied.journal[applied.journal["step"].isin(numbers)]
    views.show(views.table(rows, Look(caption, limit=len(rows))))
    for moved in applied.log.moves():
        if any(f"because step {number} " in moved for number in numbers):
            views.show(views.note(moved, "warn"))
    views.show(views.note(f"undone by itself at {_utc(applied.armed.deadline)}, unless confirmed"))


def _made_before(change: Changing, phase: str) -> Changing:
    """What a phase left in the record, in place of making it again."""
    text = (change.before.run.folder.path / f"apply-{phase}.json").read_text("utf-8")
    told = json.loads(text)
    deadline = datetime.fromisoformat(told["deadline"])
    number = int(told["timer_number"])
    armed = replace(change.underway.armed, deadline=deadline, timer_number=number)
    applied = Applied(armed, phase, Journal(str(told["journal"])))
    say = f"Phase {phase} was made already, and a step is made once: nothing was done."
    views.show(views.note(say, "warn"))
    _show_journal(applied)
    return _further(change, applied)


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
