"""The guests of a change that another run began: entered as it entered them, and put back.

Where its plan is lost nobody can go into them, and they are told as not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runbook.apply.checkpoint import subject
from runbook.apply.checkpoint.armed_change import Kept
from runbook.apply.checkpoint.guests_before import NOT_KEPT
from runbook.apply.rollback import Rollback
from runbook.common.errors import GoToTheConsole
from runbook.params.guests import Guest
from runbook.plan.changes.guest_steps import AwaitPerson
from runbook.plan.promise.guests import ExpectedGuest, GuestPromise
from runbook.run import guest_pipeline, pipeline
from runbook.run.session import HostSession


def for_change(session: HostSession, kept: Kept) -> HostSession:
    """The session, able to go into the guests that a change of another run is about."""
    if session.within is not None:
        return session
    drawn = kept.plan
    if drawn is None or not isinstance(drawn.promise, GuestPromise):
        return session
    steps = (numbered.step for numbered in drawn.steps())
    by_hand = {step.guest for step in steps if isinstance(step, AwaitPerson)}
    chosen = tuple(
        _as_planned(guest, by_hand=guest.name in by_hand) for guest in drawn.promise.guests
    )
    made = guest_pipeline.with_guests(session, chosen)
    guest_pipeline.within(made).take_up(drawn, kept.place.change_id, kept.log, kept.within)
    return made


def _as_planned(planned: ExpectedGuest, *, by_hand: bool) -> Guest:
    """As the run that made the change went into it; what the host keeps is all that is needed."""
    how = {"login": planned.login, "login_from": planned.login_from or None, "by_hand": by_hand}
    return Guest.model_validate({"name": planned.name, "address": str(planned.address), **how})


def put_back(
    session: HostSession, kept: Kept, undo: Callable[[], Rollback], *, host_undone: bool = True
) -> Rollback:
    """The host, and the guests that its change is about, which are left again at the end."""
    made = for_change(session, kept)
    if made.within is None:
        return _alone(undo, _not_looked_at(kept))
    try:
        return pipeline.put_back(made, kept.place, undo, host_undone=host_undone)
    finally:
        made.within.close()


def _alone(undo: Callable[[], Rollback], left: tuple[str, ...]) -> Rollback:
    """The host, told with the guests that nobody can look at."""
    try:
        undone = undo()
    except GoToTheConsole as error:
        error.what = "\n  - ".join((error.what, *left))
        raise
    return replace(undone, guests=(*undone.guests, *left))


def _not_looked_at(kept: Kept) -> tuple[str, ...]:
    """Guests of a change whose plan cannot be read, so that nobody can go into them.

    A change that may be about guests is told as well, although nobody knows whether there are any.
    """
    if kept.plan is not None or not kept.of_guests:
        return ()
    names = dict.fromkeys((*kept.subject.guests, *kept.within.inside))
    who = ", ".join(names) or f"a guest of which {_untold(kept)}"
    return (f"not looked at: {who}; {kept.place.plan} cannot be read",)


def _untold(kept: Kept) -> str:
    if kept.subject.kind is None:
        return subject.UNKNOWN
    why = kept.within.why
    return why if why != NOT_KEPT else f"{kept.place.guests} tells nothing"
