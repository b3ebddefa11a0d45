"""The order of things. The only module that performs it.

    params -> snapshot -> plan -> preflight -> checkpoint -> apply -> verify -> confirm

`routed` recites it; the notebook calls the same functions one cell at a time.
Each demands what the one before returned: nothing is applied without an armed
undo, nothing is armed without a cleared preflight.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace

from runbook import preflight as rules
from runbook.apply import rollback
from runbook.apply.checkpoint import Armed
from runbook.apply.checkpoint import arm as checkpoint
from runbook.apply.checkpoint.arm import Order, stand_down
from runbook.apply.checkpoint.armed_change import refuse_if_armed
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.confirm import Confirmed, Verified, confirmed_already, disarm
from runbook.apply.confirm import confirm as make_permanent
from runbook.apply.phases import ON_THE_HOST, Applied, Told, Way, apply_phase, nobody
from runbook.apply.rollback import Rollback
from runbook.apply.steps import journal
from runbook.apply.verify import Verdict, judge, still_answering
from runbook.common.clock import Clock, SystemClock
from runbook.common.errors import GateClosed, MendAccess, StalePlan, StepFailed
from runbook.params import Params
from runbook.plan.plan import PHASES, Plan
from runbook.plan.routed.firewall.rules_file import rules_file
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared
from runbook.run.failures import Differs, NotAsPromised
from runbook.run.session import HostSession, Ready, Session, Underway
from runbook.run.undo import Both
from runbook.run.undo import put_back as guests_too
from runbook.state.diff import diff
from runbook.state.host import environment, operator_connection, probes
from runbook.state.host.environment import Surroundings
from runbook.state.host.operator_connection import Connection
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot, take
from runbook.transport.connect import ask_router, visit
from runbook.transport.host import Host

# How long a confirmation whose answer was lost is asked after.
SEEN_AGAIN_S = 30.0


def routed(params: Params) -> Confirmed | Plan:
    """The whole procedure; the plan alone where the host is as promised already."""
    session = open_session(params)
    stand_clear(session)
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
    """Connect to the host; it is not changed by that. A rules file is judged before."""
    rules_file(params)
    met = visit(params, clock or SystemClock())
    return Session(params, met.host, met.operator, met.change_id, met.clock, met.connect)


def stand_clear(session: HostSession) -> None:
    """Raise InProgress if a change is armed or half made on the host."""
    refuse_if_armed(session.host, session.clock.now())


def read(session: HostSession) -> Snapshot:
    """The host as it is now; raises Refused if it is another than the parameters name."""
    seen = take(session.host, session.clock.now())
    rules.refuse_another_machine(session.params, seen.identity)
    return seen


def plan(session: Session, before: Snapshot, own: Connection | None = None) -> Plan:
    """What there is to do; `own` is the operator's connection, asked for where it is not known."""
    # Profile drop lets its operator in, so the plan has to know who that is.
    drops = session.params.firewall == "drop"
    return make_plan(
        session.params, before, (own or operator_connection.read(session.host)) if drops else None
    )


def around(session: Session, drawn: Plan) -> Surroundings:
    """What the rules of preflight look at beside the snapshot and the plan."""
    params = session.params
    place = (params.interface, str(params.ipv4.ip))
    return environment.read(session.host, *place, drawn.programs)


def preflight(session: Session, drawn: Plan, before: Snapshot) -> Ready:
    """Whether it may be done; raises Refused with every finding."""
    stand_clear(session)
    params = session.params
    cleared = rules.preflight(params, drawn, before, around(session, drawn))
    six = drawn.of_host.ipv6
    targets = (*params.probes, *(six.gateways if six else ()))
    asked = probes.probe(session.host, params.gateway, targets, params.interface)
    return Ready(cleared, _with_router(session, asked, drawn))


def _with_router(session: HostSession, probed: Probed, drawn: Plan) -> Probed:
    """The router is asked last: the probes made it look up who this host is."""
    address = str(drawn.of_host.address.ip)
    return replace(probed, router=ask_router(session.params, address))


def arm(session: Session, ready: Ready) -> Underway:
    """Put the undo on the host and start its timer; raises StalePlan if the host moved on."""
    _as_planned(session, ready.cleared)
    order = Order(session.change_id, session.operator, session.clock.now())
    inside = session.within.before() if session.within else None
    armed = checkpoint(ready.cleared, ready.probed, session.host, order, inside)
    try:
        # Until the lock was taken somebody else could make a whole change.
        _as_planned(session, ready.cleared)
    except StalePlan:
        stand_down(armed, session.host, session.clock.now(), "the host is not as it was planned on")
        raise
    return Underway(armed, ready.probed)


def apply(session: Session, underway: Underway, phase: str, told: Told = nobody) -> Applied:
    """Make the steps of one phase; `told` hears of each as it begins and is done."""
    guests = session.within
    way = Way(guests.perform, guests.move) if guests else ON_THE_HOST
    return apply_phase(underway.armed, session.host, phase, session.clock.now, told, way)


def verify(session: HostSession, underway: Underway, applied: Applied) -> Verified:
    """Look again, over a connection opened now; raises NotAsPromised."""
    with closing(session.connect()) as fresh:
        verdict = _judged(session, underway, applied, fresh)
    if not (verdict.kept and applied.complete):
        raise NotAsPromised(session.params.host, verdict)
    return Verified(applied.armed, verdict)


def _judged(session: HostSession, underway: Underway, applied: Applied, fresh: Host) -> Verdict:
    seen = take(fresh, session.clock.now())
    plan, before = applied.armed.plan, underway.probed
    targets = [probe.target for probe in before.probes]
    ends = (plan.promise.nic, plan.promise.bridge)
    again = probes.probe(fresh, before.gateway, targets, *ends)
    if session.within:
        found = session.within.checks(fresh, plan.of_guests, seen)
        return Verdict((*plan.promise.checks(seen), *found, *still_answering(before, again)))
    promise = plan.of_host
    after = _with_router(session, again, applied.armed.plan)
    return judge(promise, seen, before, after)


def confirm(session: HostSession, verified: Verified) -> Confirmed:
    """Make the change stay, over another connection opened now."""
    try:
        with closing(session.connect()) as fresh:
            if session.within:
                # The guests first: if the host's part does not stay, they are still put back.
                _note_guests(session, verified.armed, fresh)
                session.within.confirm(fresh)
            return make_permanent(verified, fresh, session.clock.now(), session.operator)
    except (MendAccess, GateClosed, StepFailed):
        # The deed may have been done, and only its answer lost.
        if not _stays(session, verified.armed):
            raise
        return Confirmed(verified, session.clock.now())


def _note_guests(session: HostSession, armed: Armed, fresh: Host) -> None:
    """Whoever comes after a program that died here has to know that guests may keep their part."""
    guarded = fresh.guarded(armed.layout.lock, armed.layout.open)
    journal.write(guarded, armed.layout.journal, session.clock.now(), journal.GUESTS_CONFIRM)


def _stays(session: HostSession, armed: Armed) -> bool:
    end = session.clock.monotonic() + SEEN_AGAIN_S
    while session.clock.monotonic() < end:
        with suppress(MendAccess), closing(session.connect()) as fresh:
            stays = confirmed_already(armed, fresh)
            if stays:
                disarm(armed, fresh)
            return stays
        session.clock.sleep(rollback.PAUSE_S)
    return False


def roll_back(session: HostSession, underway: Underway, why: str) -> Rollback:
    """Undo, wait, compare; raises RollbackDiffers if the host is not as it was."""
    armed, place = underway.armed, underway.armed.layout

    def undo() -> Rollback:
        return rollback.roll_back(armed, session.host, session.connect, session.clock, why)

    undone = put_back(session, place, undo)
    if not undone.as_before:
        raise Differs(session.params.host, undone, place.directory)
    return undone


def put_back(
    session: HostSession, place: Layout, undo: Callable[[], Rollback], *, host_undone: bool = True
) -> Rollback:
    """The host put back by `undo`, and the guests too where there are any."""
    if session.within is None:
        return undo()
    both = Both(session.within, place, session.connect, session.clock, host_undone)
    return guests_too(both, undo)


def _as_planned(session: Session, cleared: Cleared) -> None:
    fresh = take(session.host, session.clock.now())
    if fresh.digest() != cleared.plan.snapshot_digest:
        since = diff(cleared.before, fresh).settled
        raise StalePlan(
            f"the host has changed since the plan was made:\n{since}",
            host=session.params.host,
            state="as someone else left it; nothing of the change was made",
            then="run again from the start: the plan is made anew from what is there now",
        )
