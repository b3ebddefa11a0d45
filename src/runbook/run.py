"""The order of things. The only module that performs it.

    params -> snapshot -> plan -> preflight -> checkpoint -> apply -> verify -> confirm

`routed` recites it; the notebook calls the same functions one cell at a time.
Each demands what the one before returned: nothing is applied without an armed
undo, nothing is armed without a cleared preflight.
"""

from __future__ import annotations

import getpass
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from runbook import preflight as rules
from runbook import probes, rollback, surroundings
from runbook.apply import Applied, apply_phase
from runbook.checkpoint import Armed
from runbook.checkpoint import arm as checkpoint
from runbook.checkpoint.arm import Order
from runbook.clock import Clock, SystemClock
from runbook.confirm import Confirmed, Verified
from runbook.confirm import confirm as make_permanent
from runbook.errors import RollbackDiffers, StalePlan, VerificationFailed
from runbook.params import Params
from runbook.plan import PHASES, Plan
from runbook.preflight import Cleared
from runbook.probes import Probed
from runbook.reach import open_host
from runbook.rollback import Rollback
from runbook.routed import make_plan
from runbook.state.diff import Diff, diff
from runbook.state.snapshot import Snapshot, take
from runbook.transport.host import Host
from runbook.verify import Verdict, judge


@dataclass(frozen=True, slots=True)
class Session:
    """One run against one host: who asks for what, over which connection."""

    params: Params
    host: Host
    operator: str
    change_id: str
    clock: Clock
    connect: Callable[[], Host]


@dataclass(frozen=True, slots=True)
class Ready:
    """A cleared plan, and what answered before it."""

    cleared: Cleared
    probed: Probed


@dataclass(frozen=True, slots=True)
class Underway:
    """An armed change, and what has to answer again after it."""

    armed: Armed
    probed: Probed


class NotAsPromised(VerificationFailed):
    """The verdict that failed the change."""

    def __init__(self, host: str, verdict: Verdict) -> None:
        """List what does not hold; keep all of it."""
        lines = "\n".join(
            f"  - {c.about}: promised {c.promised}, seen {c.seen}" for c in verdict.broken
        )
        super().__init__(
            f"not as promised:\n{lines or '  - nothing was checked'}",
            host=host,
            state="changed, unconfirmed, its undo armed",
            then="wait for the undo, which follows by itself; then mend what is listed",
        )
        self.verdict = verdict


def routed(params: Params) -> Confirmed | Plan:
    """The whole procedure; the plan alone where the host is as promised already."""
    session = open_session(params)
    before = read(session)
    drawn = plan(session, before)
    if drawn.empty:
        return drawn
    underway = arm(session, preflight(session, drawn, before))
    try:
        for phase in PHASES:
            applied = apply(session, underway, phase)
        return confirm(session, verify(session, underway, applied))
    except BaseException as error:
        roll_back(session, underway, why=str(error) or type(error).__name__)
        raise


def open_session(params: Params, clock: Clock | None = None) -> Session:
    """Connect to the host; it is not changed by that."""
    clock = clock or SystemClock()
    change_id = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    operator = f"{getpass.getuser()}@{socket.gethostname()}"
    host = open_host(params)
    return Session(params, host, operator, change_id, clock, lambda: open_host(params))


def read(session: Session) -> Snapshot:
    """The host as it is now."""
    return take(session.host, session.clock.now())


def plan(session: Session, before: Snapshot) -> Plan:
    """What there is to do."""
    return make_plan(session.params, before)


def preflight(session: Session, drawn: Plan, before: Snapshot) -> Ready:
    """Whether it may be done; raises Refused with every finding."""
    around = surroundings.read(session.host)
    cleared = rules.preflight(session.params, drawn, before, around)
    return Ready(cleared, _probe(session, session.host))


def arm(session: Session, ready: Ready) -> Underway:
    """Put the undo on the host and start its timer; raises StalePlan if the host moved on."""
    fresh = take(session.host, session.clock.now())
    if fresh.digest() != ready.cleared.plan.snapshot_digest:
        raise _stale(session, diff(ready.cleared.before, fresh).settled)
    order = Order(session.change_id, session.operator, session.clock.now())
    return Underway(checkpoint(ready.cleared, session.host, order), ready.probed)


def apply(session: Session, underway: Underway, phase: str) -> Applied:
    """Make the steps of one phase."""
    return apply_phase(underway.armed, session.host, phase, session.clock.now)


def verify(session: Session, underway: Underway, applied: Applied) -> Verified:
    """Look again, over a connection opened now; raises NotAsPromised."""
    with closing(session.connect()) as fresh:
        seen = take(fresh, session.clock.now())
        verdict = judge(applied.armed.plan.promise, seen, underway.probed, _probe(session, fresh))
    if not (verdict.kept and applied.complete):
        raise NotAsPromised(session.params.host, verdict)
    return Verified(applied.armed, verdict)


def confirm(session: Session, verified: Verified) -> Confirmed:
    """Make the change stay, over another connection opened now."""
    with closing(session.connect()) as fresh:
        return make_permanent(verified, fresh, session.clock.now())


def roll_back(session: Session, underway: Underway, why: str) -> Rollback:
    """Undo, wait, compare; raises RollbackDiffers if the host is not as it was."""
    undone = rollback.roll_back(underway.armed, session.host, session.connect, session.clock, why)
    if not undone.differences.empty:
        raise Differs(session.params.host, undone, underway.armed.layout.directory)
    return undone


class Differs(RollbackDiffers):
    """The loud error of an undo that did not bring everything back."""

    def __init__(self, host: str, undone: Rollback, directory: str) -> None:
        """List the rows; keep all of the rollback."""
        super().__init__(
            f"the undo ran, and the host still differs from before:\n{undone.differences}",
            host=host,
            state="reachable, its undo done, with the differences listed",
            then=f"put each row back by hand; the originals are in {directory}",
        )
        self.undone = undone


def _probe(session: Session, host: Host) -> Probed:
    params = session.params
    return probes.probe(host, params.gateway, params.probes, params.interface)


def _stale(session: Session, since: Diff) -> StalePlan:
    return StalePlan(
        f"the host has changed since the plan was made:\n{since}",
        host=session.params.host,
        state="as someone else left it; this run wrote nothing",
        then="run again from the start: the plan is made anew from what is there now",
    )
