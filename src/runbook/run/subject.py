"""What a change is about: the host itself, or guests on it.

`pipeline` recites the order of a change once, and asks the subject in each stage for what is
its own. A subject knows nothing of the order.
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
from runbook.guest.deadlines import Together
from runbook.guest.sessions import GuestSessions
from runbook.guest.target import GuestOffer, Target
from runbook.params import KnownHost, Params
from runbook.plan.plan import Plan
from runbook.preflight import Cleared
from runbook.run.undo import WayOut
from runbook.state.guest.inside import Inside
from runbook.state.host.environment import Surroundings
from runbook.state.host.operator_connection import Connection
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot
from runbook.transport.host import Host


@dataclass(frozen=True, slots=True)
class Observation:
    """What a plan has to know beside the snapshot.

    `operator` is the operator's own connection to the host, where the plan has to let it in;
    `offers` are, by name, what the guests offer that the change is about.
    """

    operator: Connection | None = None
    offers: Mapping[str, GuestOffer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that is not judged yet, and the guests that it was made of."""

    plan: Plan
    targets: tuple[Target, ...] = ()


class ChangeSubject(Doer, Protocol):
    """What the stages of `pipeline` ask; `perform` and `move` are those of a `Doer`."""

    @property
    def guest_sessions(self) -> tuple[GuestSessions, ...]:
        """What is open into guests; nothing where the change is about the host itself."""

    def observe(self, host: Host, params: Params, before: Snapshot) -> Observation:
        """What the plan has to know beside the snapshot; writes nothing."""

    def plan(self, params: Params, before: Snapshot, observation: Observation) -> Draft:
        """What there is to do."""

    def standing(self, host: Host, draft: Draft, before: Snapshot) -> Verdict:
        """Whether all is as promised, of a plan that has nothing to do."""

    def judge(
        self, params: Params, draft: Draft, before: Snapshot, around: Surroundings
    ) -> Cleared:
        """Whether it may be done; raises RefusedByPreflight with every finding."""

    def probe(self, host: Host, params: Params, plan: Plan) -> Probed:
        """What answers before the change."""

    def inside(self) -> Mapping[str, Inside] | None:
        """How its guests are inside, for their undo; None where it is not about guests."""

    def verdict(
        self, host: Host, params: KnownHost, plan: Plan, before: Probed, now: Snapshot
    ) -> Verdict:
        """What was promised against what is seen; `before` is what answered before."""

    def confirm(self, armed: Armed, host: Host, now: datetime) -> None:
        """Have all that is not the host's own stay; the host's part is confirmed after it."""

    def postpone(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> Together:
        """Another deadline, because a person asks for it."""

    def put_back(self, way: WayOut, undo: Callable[[], Rollback]) -> Rollback:
        """The host put back by `undo`, and all else that the change is about."""

    def close(self) -> None:
        """Leave the guests; nothing is changed by that."""
