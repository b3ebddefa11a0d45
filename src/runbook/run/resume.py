"""Ends a change that another run began: undo it, compare it, or confirm it.

Everything that this needs is on the host. A change of another operator, or one that the host
will not undo by itself, is ended only with `--take-over`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from runbook.apply import rollback
from runbook.apply.checkpoint import layout, timer
from runbook.apply.checkpoint.arm import Armed, Order, forget_boot
from runbook.apply.checkpoint.armed_change import ArmedChange, Checkpoint, InProgress
from runbook.apply.checkpoint.history import EndedChange
from runbook.apply.confirm import Verified
from runbook.apply.phases import Applied
from runbook.apply.rollback import Rollback, WayBack
from runbook.apply.steps import journal
from runbook.common.errors import MendAccess, MendHost, StepFailed, VerificationFailed
from runbook.plan.plan import PHASES
from runbook.preflight import Cleared
from runbook.run import pipeline
from runbook.run.failures import Differs, NotAsPromised
from runbook.run.session import ChangeSession, HostSession, Underway
from runbook.run.standing import HostStatus
from runbook.run.undo import UndoConnection

# Until a take-over sees the end of an undo whose plan, and so whose pace, is not known.
PATIENCE_S = 300.0


class NothingArmed(MendHost):
    """No change is in progress on the host."""


class HalfMade(VerificationFailed):
    """A change that cannot be confirmed, because not every step is known to be made."""


def claim(session: HostSession, there: ArmedChange, verb: str, *, take_over: bool) -> None:
    """Raise InProgress if this needs a take-over, and none was asked for."""
    command = f"`runbook {verb} {session.params.host} --take-over`"
    if take_over:
        return
    if there.stale:
        nothing = f"nothing on the host will end it by itself; {command}"
        raise InProgress(there, f"{nothing} {_would(verb, there)}")
    if there.checkpoint.operator != session.operator:
        why = (
            f"it is not yours ({session.operator}): let it end, or ask {there.checkpoint.operator};"
        )
        raise InProgress(there, f"{why} {command} {_would(verb, there)}")


def _would(verb: str, there: ArmedChange) -> str:
    if verb == "confirm":
        return "verifies it and keeps it"
    if there.checkpoint.undo_script:
        return "runs its undo script, and compares the host with before"
    return (
        "only removes its lock: without its undo script nothing can be undone automatically,"
        " so look at the host's state first"
    )


def need_undone(standing: HostStatus, verb: str) -> None:
    """Raise NothingArmed unless the last change was undone, which a comparison can confirm."""
    past = standing.ended
    if verb == "undo" and past and past.end == "undone":
        return
    raise NothingArmed(
        f"there is nothing to {verb}: {standing.describe()[0]}"
        + (f"; {past.outcome}" if past else ""),
        host=standing.host,
        state="not in the middle of a change; nothing was written by this run",
        then=_instead(past, verb),
    )


def _instead(past: EndedChange | None, verb: str) -> str:
    if past is None:
        return (
            "no change stands on this host, so nothing has to be undone; if you changed another"
            " host, name that one"
        )
    place = past.checkpoint.place
    if past.end == "confirmed" and verb == "undo":
        return (
            f"a confirmed change is taken back by a change of its own: `runbook revert"
            f" {past.host} {place.change_id}`. Without a network: `sh {place.undo}` at the host's"
            " console, which says first what it overwrites"
        )
    if past.end == "not told":
        return f"read {place.journal} on the host; to undo it by hand there: sh {place.undo}"
    return "nothing: it has ended"


def undo(session: ChangeSession, there: ArmedChange) -> Rollback:
    """Undo the change, and compare; raises Differs, NotCompared, or GoToTheConsole."""
    checkpoint = there.checkpoint
    if not checkpoint.undo_script:
        return _release(session, checkpoint)
    way = _way_back(session, checkpoint, (there.countdown.left_s or 0.0) + PATIENCE_S)
    why = f"asked for by {session.operator}"
    # Wanted in the history, and no condition for the undo.
    with suppress(StepFailed, MendAccess):
        journal.write(session.host, way.layout.journal, session.clock.now(), f"undo {why}")

    def undo_host() -> Rollback:
        return rollback.undo(way, session.host, session.connect, session.clock, why)

    return _with_guests(session, checkpoint, undo_host)


def compare_now(
    session: ChangeSession,
    checkpoint: Checkpoint,
    did: str = rollback.RAN,
    *,
    host_undone: bool = True,
) -> Rollback:
    """Compare the host with what it was before a change; raises Differs, or NotCompared.

    Of its guests each is asked whether it is undone too, and has to undo what it still keeps.
    """

    def compare_host() -> Rollback:
        way = _way_back(session, checkpoint, did=did)
        return rollback.compare_with_before(
            way, session.host, session.clock, checkpoint.log, why=did
        )

    return _with_guests(session, checkpoint, compare_host, did, host_undone=host_undone)


def _way_back(
    session: ChangeSession, checkpoint: Checkpoint, patience_s: float = 0.0, did: str = rollback.RAN
) -> WayBack:
    host, place = session.params.host, checkpoint.place
    return WayBack(host, place, patience_s, checkpoint.before, checkpoint.of_guests, did)


def _with_guests(
    session: ChangeSession,
    checkpoint: Checkpoint,
    end_on_host: Callable[[], Rollback],
    did: str = rollback.RAN,
    *,
    host_undone: bool = True,
) -> Rollback:
    """End the change on the host, then in its guests; raises Differs if a difference is left."""
    way = UndoConnection(checkpoint.place, session.connect, session.clock, host_undone)
    undone = session.subject.put_back(way, end_on_host)
    if not undone.as_before:
        raise Differs(session.params.host, undone, checkpoint.place.directory, did)
    return undone


def _release(session: ChangeSession, checkpoint: Checkpoint) -> Rollback:
    host, place = session.host, checkpoint.place
    # A program that still believes in this change is to make no step any more.
    host.remove_file(place.open)
    host.remove_file(layout.ARMED)
    host.execute(timer.stop_timers(place).argv)
    forget_boot(host)
    did = "only the lock was removed, for want of an undo script"
    return compare_now(session, checkpoint, did, host_undone=False)


def resume(session: HostSession, there: ArmedChange) -> tuple[Underway, Applied]:
    """Take up a change whose steps are all made; raises HalfMade otherwise."""
    underway = pick_up(session, there)
    if not there.checkpoint.all_made:
        raise _half_made(session, there.checkpoint.progress)
    return underway, Applied(underway.armed, PHASES[-1], there.checkpoint.log)


def pick_up(session: HostSession, there: ArmedChange) -> Underway:
    """Take up a change where it stands; raises HalfMade if it can only be undone.

    If one of its steps is open, no other step can be made.
    """
    checkpoint = there.checkpoint
    if checkpoint.log.undo_began or there.undoing:
        raise _half_made(session, "its undo has begun")
    if checkpoint.damage or not (
        checkpoint.manifest and checkpoint.plan and checkpoint.before and checkpoint.probed
    ):
        raise _half_made(session, "; ".join(checkpoint.damage))
    order = Order(checkpoint.place.change_id, checkpoint.operator, checkpoint.manifest.armed_at)
    armed = Armed(
        checkpoint.plan,
        Cleared(checkpoint.plan, checkpoint.before, ()),
        order,
        checkpoint.place,
        checkpoint.manifest.deadline,
        checkpoint.manifest.timer,
        checkpoint.undo_script,
    )
    return Underway(armed, checkpoint.probed)


def verify(session: ChangeSession, underway: Underway, applied: Applied) -> Verified:
    """Verify it like a change of this run; the error says how to confirm later, or to undo."""
    try:
        return pipeline.verify(session, underway, applied)
    except NotAsPromised as error:
        host = session.params.host
        then = f"fix what is listed and confirm again; `runbook undo {host}` puts it back now"
        raise NotAsPromised(host, error.verdict, then) from error


def _half_made(session: HostSession, why: str) -> HalfMade:
    host = session.params.host
    return HalfMade(
        f"only a change that is all made can be confirmed: {why}",
        host=host,
        state="in the middle of that change; nothing was written by this run",
        then=f"`runbook undo {host}` puts it back",
    )
