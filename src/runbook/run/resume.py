"""The way back into a change that another run began, by whichever program is at hand.

All that it needs is on the host. A change that is somebody else's, or that
nothing on the host will end, is touched only by an operator who says so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from runbook.apply import rollback
from runbook.apply.checkpoint import armed_change as finding
from runbook.apply.checkpoint import layout, timer
from runbook.apply.checkpoint.arm import Armed, Order, forget_boot
from runbook.apply.checkpoint.armed_change import ArmedChange, Checkpoint, InProgress
from runbook.apply.checkpoint.history import EndedChange, latest
from runbook.apply.confirm import Verified
from runbook.apply.phases import Applied
from runbook.apply.rollback import NotCompared, Rollback, WayBack
from runbook.apply.steps import journal
from runbook.common.clock import Clock, SystemClock
from runbook.common.errors import MendAccess, MendHost, Refused, StepFailed, VerificationFailed
from runbook.params import KnownHost
from runbook.plan.plan import PHASES
from runbook.preflight import Cleared
from runbook.run import pipeline
from runbook.run.failures import Differs, NotAsPromised
from runbook.run.session import ChangeSession, HostSession, Underway
from runbook.run.undo import WayOut
from runbook.state.diff import loaded_since
from runbook.state.identity import machine_id
from runbook.state.snapshot import take
from runbook.transport.connect import visit

# Until a take-over sees the end of an undo whose plan, and so whose pace, is not known.
PATIENCE_S = 300.0


class NothingArmed(MendHost):
    """There is no change that this could end."""


class HalfMade(VerificationFailed):
    """A change that cannot be confirmed, because it is not known to be all made."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a host stands: the change that holds it, or else the last one, or neither."""

    host: str
    armed: ArmedChange | None = None
    ended: EndedChange | None = None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What the host keeps of that change."""
        there = self.armed or self.ended
        return there.checkpoint if there else None

    @property
    def state(self) -> str:
        """In a word or two, for programs."""
        if self.armed:
            return "undoing" if self.armed.undoing else "stale" if self.armed.stale else "armed"
        return self.ended.end if self.ended else "never changed"

    def describe(self) -> tuple[str, ...]:
        """Sentences for an operator."""
        there = self.armed or self.ended
        return there.describe() if there else ("no change was ever armed on this host",)

    def as_dict(self) -> dict[str, object]:
        """In JSON's own types, for programs; what is not known is null."""
        told: dict[str, object] = {"host": self.host, "state": self.state}
        if checkpoint := self.checkpoint:
            told |= _as_dict(checkpoint)
        if there := self.armed:
            told["seconds_left"] = there.countdown.left_s
            told["stale"] = list(there.stale)
        return {**told, "said": list(self.describe())}


def _as_dict(checkpoint: Checkpoint) -> dict[str, object]:
    told = checkpoint.manifest
    return {
        "change_id": checkpoint.place.change_id,
        "operator": told.operator if told else None,
        "armed_at": told.armed_at.isoformat() if told else None,
        "deadline": told.deadline.isoformat() if told else None,
        "steps": len(told.steps) if told else None,
        "steps_made": len(checkpoint.log.done()),
        "step_open": checkpoint.open_step or None,
        "undo_began": checkpoint.log.undo_began,
        "undo": checkpoint.place.undo if checkpoint.undo_script else None,
        "damage": list(checkpoint.damage),
    }


def open_session(known: KnownHost, clock: Clock | None = None) -> HostSession:
    """Connect to the host; it is not changed by that."""
    met = visit(known, clock or SystemClock())
    return HostSession(known, met.host, met.operator, met.change_id, met.clock, met.connect)


def look(session: HostSession) -> Standing:
    """How the host stands; writes nothing. Raises Refused if it is not the machine pinned."""
    _refuse_another_machine(session)
    there = finding.find(session.host, session.clock.now())
    past = None if there else latest(session.host)
    return Standing(session.params.host, there, past)


def _refuse_another_machine(session: HostSession) -> None:
    wanted, host = session.params.machine_id, session.params.host
    if wanted is None:
        return
    seen = machine_id(session.host)
    if seen != wanted:
        raise Refused(
            f"this is another machine: its machine id is {seen or 'not to be read'},"
            f" and params/{host}.yaml pins {wanted}",
            host=host,
            state="nothing was written by this run",
            then="see where `destination` leads; if it is the right machine, correct `machine_id`",
        )


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
        return "verifies it and has it stay"
    if there.checkpoint.undo_script:
        return "runs its undo script, and compares the host with before"
    return (
        "only removes its lock: without its undo script nothing can be undone automatically,"
        " so look at the host's state first"
    )


def need_undone(standing: Standing, verb: str) -> None:
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
        return "name the host that the change was made on"
    place = past.checkpoint.place
    if past.end == "confirmed" and verb == "undo":
        return (
            "a confirmed change is not undone by this program; what it replaced is in"
            f" {place.directory}/originals on the host"
        )
    if past.end == "not told":
        return f"read {place.journal} on the host; to undo it by hand there: sh {place.undo}"
    return "nothing: it has ended"


def undo(session: ChangeSession, there: ArmedChange) -> Rollback:
    """Undo what was found, and compare; raises Differs, NotCompared, or GoToTheConsole."""
    checkpoint = there.checkpoint
    if not checkpoint.undo_script:
        return _release(session, checkpoint)
    patience = (there.countdown.left_s or 0.0) + PATIENCE_S
    way = WayBack(
        session.params.host, checkpoint.place, patience, checkpoint.before, checkpoint.of_guests
    )
    why = f"asked for by {session.operator}"
    # Wanted in the history, and no condition for the undo.
    with suppress(StepFailed, MendAccess):
        journal.write(session.host, checkpoint.place.journal, session.clock.now(), f"undo {why}")

    def undone() -> Rollback:
        return rollback.undo(way, session.host, session.connect, session.clock, why)

    return _as_before(
        session, checkpoint, session.subject.put_back(_way_out(session, checkpoint), undone)
    )


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

    def compared() -> Rollback:
        return _compared(session, checkpoint, did)

    way = _way_out(session, checkpoint, host_undone=host_undone)
    both = session.subject.put_back(way, compared)
    return _as_before(session, checkpoint, both, did)


def _compared(session: ChangeSession, checkpoint: Checkpoint, did: str) -> Rollback:
    if checkpoint.before is None:
        way = WayBack(session.params.host, checkpoint.place, 0.0, None)
        raise NotCompared(way, take(session.host, session.clock.now()), checkpoint.log.text, did)
    after, differences = rollback.look_and_compare(checkpoint.before, session.host, session.clock)
    if checkpoint.log.text:
        rollback.note_comparison(
            session.host, checkpoint.place, session.clock, differences, guests=checkpoint.of_guests
        )
    modules = loaded_since(checkpoint.before, after)
    return Rollback(did, after, differences, checkpoint.log.text, modules=modules)


def _as_before(
    session: ChangeSession, checkpoint: Checkpoint, undone: Rollback, did: str = rollback.RAN
) -> Rollback:
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


def _way_out(session: ChangeSession, checkpoint: Checkpoint, *, host_undone: bool = True) -> WayOut:
    return WayOut(checkpoint.place, session.connect, session.clock, host_undone)


def resume(session: HostSession, there: ArmedChange) -> tuple[Underway, Applied]:
    """Take a change up where it stands, all made; raises HalfMade if it is not."""
    underway = pick_up(session, there)
    if not there.checkpoint.all_made:
        raise _half_made(session, there.checkpoint.progress)
    return underway, Applied(underway.armed, PHASES[-1], there.checkpoint.log)


def pick_up(session: HostSession, there: ArmedChange) -> Underway:
    """Take a change up where it stands; raises HalfMade if it only has a way back.

    A step of it may be open: then no other can be made.
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
    """As for a living run; what is not as promised is left to its undo."""
    try:
        return pipeline.verify(session, underway, applied)
    except NotAsPromised as error:
        host = session.params.host
        then = f"mend what is listed and confirm again; `runbook undo {host}` puts it back now"
        raise NotAsPromised(host, error.verdict, then) from error


def _half_made(session: HostSession, why: str) -> HalfMade:
    host = session.params.host
    return HalfMade(
        f"only a change that is all made can be confirmed: {why}",
        host=host,
        state="in the middle of that change; nothing was written by this run",
        then=f"`runbook undo {host}` puts it back",
    )
