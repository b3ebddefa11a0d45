"""A change of the host itself, as the stages of the order ask it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from runbook import preflight
from runbook.apply import verify
from runbook.apply.checkpoint import deadline
from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineWish, Now
from runbook.apply.guest_difference import GuestDifference
from runbook.apply.phases import OnTheHost
from runbook.apply.rollback import Rollback
from runbook.apply.verify import Verdict
from runbook.guest.deadlines import MovedDeadlines
from runbook.guest.sessions import GuestSessions
from runbook.params import KnownHost, Params
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared
from runbook.run.subject import Observation, UnjudgedPlan
from runbook.run.undo import UndoConnection, put_back_alone
from runbook.state.guest.inside import Inside
from runbook.state.host import operator_connection, probes
from runbook.state.host.environment import Surroundings
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot
from runbook.transport.connect import ask_router
from runbook.transport.host import Host


@dataclass(frozen=True, slots=True)
class HostSubject(OnTheHost):
    """The host itself. `not_compared` are guests of its change that runbook cannot compare.

    There are some only if the plan of an earlier run cannot be read.
    """

    not_compared: tuple[GuestDifference, ...] = ()

    @property
    def guest_sessions(self) -> tuple[GuestSessions, ...]:
        """No guest is entered."""
        return ()

    def observe(self, host: Host, params: Params, before: Snapshot) -> Observation:
        """Profile drop has to let the operator in, so the plan needs the operator's connection."""
        del before
        drops = params.firewall == "drop"
        return Observation(operator_connection.read(host) if drops else None)

    def plan(self, params: Params, before: Snapshot, observation: Observation) -> UnjudgedPlan:
        """What there is to do on the host."""
        drops = params.firewall == "drop"
        return UnjudgedPlan(make_plan(params, before, observation.operator if drops else None))

    def standing(self, host: Host, draft: UnjudgedPlan, before: Snapshot) -> Verdict:
        """What the snapshot shows, and what a boot would do."""
        del host
        return verify.standing(draft.plan.of_host, before)

    def judge(
        self, params: Params, draft: UnjudgedPlan, before: Snapshot, around: Surroundings
    ) -> Cleared:
        """By every rule about a host."""
        return preflight.preflight(params, draft.plan, before, around)

    def probe(self, host: Host, params: Params, plan: Plan) -> Probed:
        """Ask gateways and probes, and the router last: their answers made it look up this host."""
        six = plan.of_host.ipv6
        targets = (*params.probes, *(six.gateways if six else ()))
        asked = probes.probe(host, params.gateway, targets, params.interface, params.holder)
        return _with_router(asked, params, plan)

    def inside(self) -> Mapping[str, Inside] | None:
        """It is not about guests."""
        return None

    def verdict(
        self, host: Host, params: KnownHost, plan: Plan, probed: Probed, now: Snapshot
    ) -> Verdict:
        """The state, the probes, the router, and what a boot would do."""
        promise = plan.of_host
        again = probes.probe_again(host, probed, promise.nic, promise.bridge)
        return verify.judge(promise, now, probed, _with_router(again, params, plan))

    def confirm(self, armed: Armed, host: Host, now: datetime) -> None:
        """There is nothing beside the host."""

    def postpone(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> MovedDeadlines:
        """The host's deadline alone."""
        return MovedDeadlines(deadline.move(armed.layout, host, wish, now))

    def put_back(self, way: UndoConnection, undo: Callable[[], Rollback]) -> Rollback:
        """The host alone."""
        del way
        return put_back_alone(self.not_compared, undo)

    def close(self) -> None:
        """Nothing is open."""


HOST = HostSubject()


def _with_router(probed: Probed, params: KnownHost, plan: Plan) -> Probed:
    return replace(probed, router=ask_router(params, str(plan.of_host.address.ip)))
