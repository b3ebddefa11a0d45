"""What a change of an earlier run is about, read from the host, so that it can be ended.

Its guests are entered the way that run entered them. If its plan is lost, runbook cannot enter
them and reports them as not looked at.
"""

from __future__ import annotations

from dataclasses import replace

from runbook.apply.checkpoint import subject
from runbook.apply.checkpoint.armed_change import Checkpoint
from runbook.apply.checkpoint.guests_before import NOT_KEPT
from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.params.guests import Guest
from runbook.plan.changes.guest_steps import AwaitPerson
from runbook.plan.plan import Plan
from runbook.plan.promise.guests import ExpectedGuest, GuestPromise
from runbook.plan.promise.reverted import RevertPromise
from runbook.run.session import ChangeSession, HostSession
from runbook.run.subject_guests import TakenConsole, about_guests
from runbook.run.subject_host import HostSubject
from runbook.run.subject_revert import RevertSubject

# The notebook that made the change compares its guests and leaves their consoles meanwhile.
TAKEN_S = 60.0


def about(session: HostSession, checkpoint: Checkpoint) -> ChangeSession:
    """The session, able to end this change; no guest is entered yet."""
    way = (session.params, session.host, session.operator, session.change_id)
    of_host = HostSubject(_not_looked_at(checkpoint))
    known = ChangeSession(*way, session.clock, session.connect, of_host)
    plan = checkpoint.plan
    if plan is not None and isinstance(plan.promise, RevertPromise):
        return replace(known, subject=RevertSubject())
    if plan is None or not isinstance(plan.promise, GuestPromise):
        return known
    made = about_guests(known, _chosen(plan, plan.promise), _taken(session, checkpoint))
    for sessions in made.subject.guest_sessions:
        sessions.take_up(plan, checkpoint.place.change_id, checkpoint.log, checkpoint.guests_before)
    return made


def _taken(session: HostSession, checkpoint: Checkpoint) -> TakenConsole:
    """Who may be at a console: the notebook that made the change leaves it when it is undone."""
    change, by = checkpoint.place.change_id, checkpoint.operator
    if by != session.operator:
        return TakenConsole(TAKEN_S, f"{by}, who armed change {change}, may be at it")
    whose = (
        f"a notebook of yours may hold it: the guest.ipynb that made change {change}."
        " Shut down its kernel and run this again"
    )
    return TakenConsole(TAKEN_S, whose)


def _chosen(plan: Plan, promise: GuestPromise) -> tuple[Guest, ...]:
    steps = (numbered.step for numbered in plan.steps())
    by_hand = {step.guest for step in steps if isinstance(step, AwaitPerson)}
    return tuple(_as_planned(g, by_hand=g.name in by_hand) for g in promise.guests)


def _as_planned(planned: ExpectedGuest, *, by_hand: bool) -> Guest:
    """As the run that made the change went into it; what the host keeps is all that is needed."""
    how = {"login": planned.login, "login_from": planned.login_from or None, "by_hand": by_hand}
    return Guest.model_validate({"name": planned.name, "address": str(planned.address), **how})


def _not_looked_at(checkpoint: Checkpoint) -> tuple[GuestDifference, ...]:
    """Guests of a change whose plan cannot be read, so that runbook cannot enter them.

    A change that may be about guests counts too, although it is not known whether it has any.
    """
    if checkpoint.plan is not None or not checkpoint.of_guests:
        return ()
    names = dict.fromkeys((*checkpoint.subject.guests, *checkpoint.guests_before.inside)) or {
        "": None
    }
    return tuple(_not_compared(checkpoint, name) for name in names)


def _not_compared(checkpoint: Checkpoint, name: str) -> GuestDifference:
    who = name or f"a guest of which {_untold(checkpoint)}"
    text = f"not looked at: {who}; {checkpoint.place.plan} cannot be read"
    return GuestDifference(name, DifferenceKind.NOT_COMPARED, text)


def _untold(checkpoint: Checkpoint) -> str:
    if checkpoint.subject.kind is None:
        return subject.UNKNOWN
    why = checkpoint.guests_before.why
    return why if why != NOT_KEPT else f"{checkpoint.place.guests} tells nothing"
