"""The order of a change. It is written down here, and nowhere else.

`change` goes through `STAGES`. The session's subject is the host itself, or guests on it. A
notebook calls the same functions, one in each cell. Each function needs the result of the one
before: nothing is applied without an armed undo, nothing is armed without a cleared preflight.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace

from runbook import preflight as rules
from runbook.apply import rollback
from runbook.apply.await_undo import PAUSES_S
from runbook.apply.checkpoint import Armed, layout
from runbook.apply.checkpoint import arm as checkpoint
from runbook.apply.checkpoint.arm import Order, stand_down
from runbook.apply.checkpoint.armed_change import refuse_if_armed
from runbook.apply.confirm import Confirmed, Verified, confirmed_already, disarm
from runbook.apply.confirm import confirm as make_permanent
from runbook.apply.phases import Applied, StepListener, apply_phase, nobody
from runbook.apply.reboot import reboot
from runbook.apply.rollback import Rollback
from runbook.apply.verify import Verdict, with_reboot
from runbook.common.clock import Clock, SystemClock
from runbook.common.errors import GateClosed, MendAccess, StalePlan, StepFailed
from runbook.common.folders import outputs_folder
from runbook.common.room import measure
from runbook.params import Params
from runbook.plan.plan import PHASES, Plan
from runbook.plan.routed.facts import addresses_on
from runbook.plan.routed.firewall.rules_file import rules_file
from runbook.preflight import Cleared, Finding, RefusedByPreflight
from runbook.run.failures import Differs, NotAsPromised
from runbook.run.new_connection import new_connection
from runbook.run.session import ChangeSession, HostSession, Ready, Session, Underway
from runbook.run.subject import Observation, UnjudgedPlan
from runbook.run.undo import UndoConnection
from runbook.state.diff import diff
from runbook.state.host import environment
from runbook.state.host.environment import NetworkPlace
from runbook.state.snapshot import Snapshot, take
from runbook.transport.connect import visit
from runbook.transport.host import Host

# How long a confirmation whose answer was lost is asked after.
SEEN_AGAIN_S = 30.0
# The stages of a change, in the order in which `change` goes through them.
STAGES = ("before", "inside", "plan", "preflight", "arm", *PHASES, "verify", "confirm")
# The value of the parameter `reboot` that asks for one.
REHEARSE = "rehearse"
# What keeps a connection for as long as it is used, or for longer.
Held = Callable[[Host], AbstractContextManager[Host]]


def change(session: Session) -> Confirmed | Plan:
    """Make the whole change; return the plan alone if everything is as promised already."""
    with closing(session.subject):
        ready = dry_run(session)
        if isinstance(ready, Plan):
            return ready
        underway = arm(session, ready)
        try:
            for phase in PHASES:
                applied = apply(session, underway, phase)
            verified = verify(session, underway, applied)
            return confirm(session, reboot_if_asked(session, underway, verified))
        except BaseException as error:
            roll_back(session, underway, why=str(error) or type(error).__name__)
            raise


def dry_run(session: Session) -> Ready | Plan:
    """Look, plan and judge; return the plan alone if everything is as promised already."""
    stand_clear(session)
    before = read(session)
    draft = plan(session, before, observe(session, before))
    return draft.plan if draft.plan.empty else preflight(session, draft, before)


def open_session(params: Params, clock: Clock | None = None) -> Session:
    """Read the rules file, then connect to the host, which is not changed by that."""
    rules_file(params)
    met = visit(params, clock or SystemClock())
    return Session(params, met.host, met.operator, met.change_id, met.clock, met.connect)


def stand_clear(session: HostSession) -> None:
    """Raise InProgress if a change is armed or half made on the host."""
    refuse_if_armed(session.host, session.clock.now())


def read(session: HostSession) -> Snapshot:
    """The host as it is now; raises Refused if it is another than the parameters name."""
    now = take(session.host, session.clock.now())
    rules.refuse_another_machine(session.params, now.identity)
    return now


def observe(session: Session, before: Snapshot) -> Observation:
    """Read what the plan needs beside the snapshot; enters the guests of the change."""
    return session.subject.observe(session.host, session.params, before)


def plan(
    session: Session, before: Snapshot, observation: Observation | None = None
) -> UnjudgedPlan:
    """What there is to do; it is observed first where no `observation` is at hand."""
    observation = observation or observe(session, before)
    return session.subject.plan(session.params, before, observation)


def standing(session: Session, draft: UnjudgedPlan, before: Snapshot) -> Verdict:
    """Check the whole promise, for a plan that has nothing to do."""
    return session.subject.standing(session.host, draft, before)


def judge(session: Session, draft: UnjudgedPlan, before: Snapshot) -> Cleared:
    """Apply every preflight rule; raises RefusedByPreflight with every finding."""
    params = session.params
    addresses = (row.address for row in addresses_on(before, params.holder))
    others = tuple(sorted({*addresses} - {str(params.ipv4.ip)}))
    place = NetworkPlace(params.holder, str(params.ipv4.ip), params.bridge, others)
    paths = (*draft.plan.paths, *layout.WRITTEN)
    asked = environment.read(session.host, place, draft.plan.programs, paths)
    around = replace(asked, record=measure(outputs_folder() / params.host))
    return session.subject.judge(params, draft, before, around)


def findings(session: Session, draft: UnjudgedPlan, before: Snapshot) -> tuple[Finding, ...]:
    """What preflight finds, whether or not it may be done."""
    try:
        return judge(session, draft, before).findings
    except RefusedByPreflight as refused:
        return refused.findings


def preflight(session: Session, draft: UnjudgedPlan, before: Snapshot) -> Ready:
    """Apply every preflight rule, and ask which probes answer now; raises RefusedByPreflight."""
    stand_clear(session)
    cleared = judge(session, draft, before)
    return Ready(cleared, session.subject.probe(session.host, session.params, draft.plan))


def arm(session: Session, ready: Ready) -> Underway:
    """Put the undo on the host and start its timer; raises StalePlan if the host moved on."""
    _as_planned(session, ready.cleared)
    order = Order(session.change_id, session.operator, session.clock.now())
    inside = session.subject.inside()
    armed = checkpoint(ready.cleared, ready.probed, session.host, order, inside)
    try:
        # Until the lock was taken somebody else could make a whole change.
        _as_planned(session, ready.cleared)
    except StalePlan:
        stand_down(armed, session.host, session.clock.now(), "the host is not as it was planned on")
        raise
    return Underway(armed, ready.probed)


def apply(
    session: Session, underway: Underway, phase: str, on_step: StepListener = nobody
) -> Applied:
    """Make the steps of one phase; `on_step` is called when a step begins and when it is done."""
    now = session.clock.now
    return apply_phase(underway.armed, session.host, phase, now, on_step, session.subject)


def verify(session: ChangeSession, underway: Underway, applied: Applied) -> Verified:
    """Read the host again, over a new connection; raises NotAsPromised."""
    verdict = _verdict(session, applied.armed, underway)
    if not (verdict.passed and applied.complete):
        raise NotAsPromised(session.params.host, verdict)
    return Verified(applied.armed, verdict)


def reboot_if_asked(session: Session, underway: Underway, verified: Verified) -> Verified:
    """Where `reboot` asks for it, reboot the host inside the deadline and verify what came up."""
    if session.params.reboot != REHEARSE:
        return verified
    back = reboot(verified.armed, session.host, session.connect, session.clock)
    proven = with_reboot(_verdict(session, back.armed, underway), back.seconds)
    if not proven.passed:
        raise NotAsPromised(session.params.host, proven)
    return Verified(back.armed, proven)


def _verdict(session: ChangeSession, armed: Armed, underway: Underway) -> Verdict:
    """The host as a new connection shows it, compared with the promise and the probes before."""
    with closing(new_connection(session, armed)) as fresh:
        now = take(fresh, session.clock.now())
        return session.subject.verdict(fresh, session.params, armed.plan, underway.probed, now)


def confirm(session: ChangeSession, verified: Verified, held: Held = closing) -> Confirmed:
    """Make the change permanent, over another new connection, which `held` may keep open."""
    try:
        with held(new_connection(session, verified.armed)) as fresh:
            # The guests first: if the host's part does not stay, they are still put back.
            session.subject.confirm(verified.armed, fresh, session.clock.now())
            return make_permanent(verified, fresh, session.clock.now(), session.operator)
    except (MendAccess, GateClosed, StepFailed):
        # The deed may have been done, and only its answer lost.
        if not _stays(session, verified.armed):
            raise
        return Confirmed(verified, session.clock.now())


def _stays(session: ChangeSession, armed: Armed) -> bool:
    with suppress(MendAccess):
        return _stays_by(armed, session.host)
    end = session.clock.monotonic() + SEEN_AGAIN_S
    for pause in PAUSES_S:
        with suppress(MendAccess), closing(session.connect()) as fresh:
            return _stays_by(armed, fresh)
        if session.clock.monotonic() + pause > end:
            break
        session.clock.sleep(pause)
    return False


def _stays_by(armed: Armed, host: Host) -> bool:
    stays = confirmed_already(armed, host)
    if stays:
        disarm(armed, host)
    return stays


def roll_back(session: ChangeSession, underway: Underway, why: str) -> Rollback:
    """Undo, wait, compare; raises RollbackDiffers if the host is not as it was."""
    armed, place = underway.armed, underway.armed.layout

    def undo() -> Rollback:
        return rollback.roll_back(armed, session.host, session.connect, session.clock, why)

    undone = session.subject.put_back(UndoConnection(place, session.connect, session.clock), undo)
    if not undone.as_before:
        raise Differs(session.params.host, undone, place.directory)
    return undone


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
