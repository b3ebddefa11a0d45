"""What a change is about: the host itself, or guests on it.

Each stage of `pipeline` calls its subject for the part that differs between a host and guests.
A subject does not know the order of the stages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineWish, Now
from runbook.apply.phases import Doer
from runbook.apply.rollback import Rollback
from runbook.apply.verify import Verdict
from runbook.guest.deadlines import MovedDeadlines
from runbook.guest.sessions import GuestSessions
from runbook.guest.target import GuestOffer, Target
from runbook.params import KnownHost, Params
from runbook.plan.plan import Plan
from runbook.preflight import Cleared
from runbook.run.undo import UndoConnection
from runbook.state.guest.inside import Inside
from runbook.state.host.environment import Surroundings
from runbook.state.host.operator_connection import Connection
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot
from runbook.transport.host import Host


@dataclass(frozen=True, slots=True)
class Observation:
    """What a plan needs beside the snapshot.

    `operator` is the operator's own connection to the host; profile drop has to let it in.
    `offers` has what each guest of the change offers, by the guest's name.
    """

    operator: Connection | None = None
    offers: Mapping[str, GuestOffer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnjudgedPlan:
    """A plan that is not judged yet, and its guests."""

    plan: Plan
    targets: tuple[Target, ...] = ()


class PipelineSubject(Doer, Protocol):
    """What the stages of `pipeline` call; `perform` and `move` come from `Doer`."""

    @property
    def guest_sessions(self) -> tuple[GuestSessions, ...]:
        """The open sessions in guests; empty if the change is about the host itself."""

    def observe(self, host: Host, params: Params, before: Snapshot) -> Observation:
        """Read what the plan needs beside the snapshot; writes nothing."""

    def plan(self, params: Params, before: Snapshot, observation: Observation) -> UnjudgedPlan:
        """What there is to do."""

    def standing(self, host: Host, draft: UnjudgedPlan, before: Snapshot) -> Verdict:
        """Check the whole promise, for a plan that has nothing to do."""

    def judge(
        self, params: Params, draft: UnjudgedPlan, before: Snapshot, around: Surroundings
    ) -> Cleared:
        """Apply every preflight rule; raises RefusedByPreflight with every finding."""

    def probe(self, host: Host, params: Params, plan: Plan) -> Probed:
        """Ask which probes answer before the change."""

    def inside(self) -> Mapping[str, Inside] | None:
        """The state inside each guest, for its undo; None if the change is not about guests."""

    def verdict(
        self, host: Host, params: KnownHost, plan: Plan, probed: Probed, now: Snapshot
    ) -> Verdict:
        """Compare the promise with the snapshot `now`; `probed` is of before the change."""

    def confirm(self, armed: Armed, host: Host, now: datetime) -> None:
        """Confirm the part of the guests; the host's part is confirmed after it."""

    def postpone(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> MovedDeadlines:
        """Move the deadline, because a person asks for it."""

    def put_back(self, way: UndoConnection, undo: Callable[[], Rollback]) -> Rollback:
        """Undo the host by `undo`, then the guests."""

    def close(self) -> None:
        """Leave the guests; nothing is changed by that."""
