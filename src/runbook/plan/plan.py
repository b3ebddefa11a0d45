"""Params x Snapshot -> Plan: the ordered changes, and the promise they are to keep.

Pure and repeatable: the same parameters and the same snapshot give the same
plan, byte for byte, so that an approval can be bound to its digest.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from runbook.common import serial
from runbook.plan import plan_classes
from runbook.plan.changes.change import Change
from runbook.plan.changes.processes import StartClient
from runbook.plan.changes.steps import (
    Command,
    DropAttached,
    DropNetwork,
    OnPath,
    Step,
    Unless,
)
from runbook.plan.netfilter import expected
from runbook.plan.promise.attached import AttachedPromise
from runbook.plan.promise.check import Check
from runbook.plan.promise.client import ExpectedClient
from runbook.plan.promise.files import ExpectedFile
from runbook.plan.promise.guests import ExpectedGuest, GuestPromise
from runbook.plan.promise.host import Promise
from runbook.plan.promise.ipv6 import ExpectedIPv6
from runbook.plan.promise.reverted import ExpectedRow, RevertPromise

FORMAT_VERSION = 1
PHASES = ("prepare", "network", "cutover", "settle")
# Reading the host again, a second SSH connection, the probes.
VERIFY_BUDGET_S = 30.0
MARGIN_S = 15.0
NOTHING_TO_UNDO = "nothing to undo"


class StepRow(NamedTuple):
    """One step, as a person reads a plan."""

    step: Annotated[int, "its number, from 1"]
    phase: Annotated[str, "the phase that makes it"]
    what: Annotated[str, "its change, then the step itself"]
    before: Annotated[str, "what the change replaces"]
    after: Annotated[str, "what the change makes of it"]
    undo: Annotated[str, "the steps back"]


@dataclass(frozen=True, slots=True)
class NumberedStep:
    """A step, its number counted from 1 through the whole plan, and the change it is part of."""

    number: int
    change: Change
    step: Step


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in order; `snapshot_digest` is of the snapshot it was made from.

    The promise is the host's own, that of guests on it, or that of a revert.
    """

    host: str
    promise: Promise | GuestPromise | RevertPromise
    changes: tuple[Change, ...]
    snapshot_digest: str
    unmet: tuple[Check, ...]
    deadline_override_s: int | None = None
    format_version: int = field(default=FORMAT_VERSION)

    @property
    def of_host(self) -> Promise:
        """The promise of a change of the host itself; TypeError for one of guests."""
        if isinstance(self.promise, Promise):
            return self.promise
        raise TypeError("this plan is about guests, and promises nothing of the host itself")

    @property
    def of_guests(self) -> GuestPromise:
        """The promise of a change of guests; TypeError for one of the host."""
        if isinstance(self.promise, GuestPromise):
            return self.promise
        raise TypeError("this plan is about the host itself, and promises nothing of guests")

    @property
    def of_revert(self) -> RevertPromise:
        """The promise of a revert; TypeError for any other plan."""
        if isinstance(self.promise, RevertPromise):
            return self.promise
        raise TypeError("this plan takes no change back")

    @property
    def subject(self) -> str:
        """What the change is about, as a person names it: the host, or the one guest."""
        guests = self.promise.guests if isinstance(self.promise, GuestPromise) else ()
        return guests[0].name if len(guests) == 1 else self.host

    @property
    def empty(self) -> bool:
        """Whether the host is already as promised."""
        return not self.changes

    @property
    def digest(self) -> str:
        """SHA-256 over all of the plan; what an approval is bound to."""
        return hashlib.sha256(serial.dumps(self).encode()).hexdigest()

    @property
    def deadline_s(self) -> int:
        """Seconds from arming to the undo: what the steps may take, verification, a margin."""
        if self.deadline_override_s is not None:
            return self.deadline_override_s
        steps = sum(numbered.step.budget_s for numbered in self.steps())
        return math.ceil(steps + VERIFY_BUDGET_S + MARGIN_S)

    def steps(self, phase: str | None = None) -> tuple[NumberedStep, ...]:
        """The numbered steps, of one phase or of all."""
        pairs = ((change, step) for change in self.changes for step in change.do())
        numbered = tuple(NumberedStep(n, c, s) for n, (c, s) in enumerate(pairs, start=1))
        return tuple(n for n in numbered if phase in (None, n.change.phase))

    def undo_steps(self) -> tuple[tuple[Change, Step], ...]:
        """The way back, the change made last first."""
        return tuple((c, step) for c in reversed(self.changes) for step in c.undo())

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that its steps and its undo run on the host."""
        steps = [*(n.step for n in self.steps()), *(step for _, step in self.undo_steps())]
        named = {step.argv[0] for step in steps if isinstance(step, Command | Unless | StartClient)}
        return tuple(sorted(named))

    @property
    def paths(self) -> tuple[str, ...]:
        """The files and folders that its steps and its undo write or remove on the host."""
        steps = [*(n.step for n in self.steps()), *(step for _, step in self.undo_steps())]
        own = {step.path for step in steps if isinstance(step, OnPath)}
        drops = (step for step in steps if isinstance(step, DropNetwork | DropAttached))
        networks = {path for step in drops for path in step.files}
        return tuple(sorted(own | networks))

    def rows(self) -> tuple[StepRow, ...]:
        """One row a step."""
        return tuple(map(_row, self.steps()))


_OF_PROMISE = (
    *(Promise, AttachedPromise, ExpectedFile, ExpectedIPv6, ExpectedClient, Check),
    *expected.KINDS,
)
_OF_GUESTS = (GuestPromise, ExpectedGuest)
_OF_REVERT = (RevertPromise, ExpectedRow)


def kinds() -> tuple[type, ...]:
    """All classes of a plan: their names stand in plans on hosts, with those of their fields."""
    return (Plan, *_OF_PROMISE, *_OF_GUESTS, *_OF_REVERT, *plan_classes.kinds())


def loads(text: str) -> Plan:
    """The plan that `serial.dumps` was given; raises ValueError for anything else."""
    found = serial.loads(text, kinds())
    if not isinstance(found, Plan) or found.format_version != FORMAT_VERSION:
        raise ValueError(f"this is no plan of format {FORMAT_VERSION}")
    return found


def _row(numbered: NumberedStep) -> StepRow:
    change, step = numbered.change, numbered.step
    undo = "\n".join(s.describe() for s in change.undo()) or NOTHING_TO_UNDO
    what = f"{change.title}: {step.describe()}"
    return StepRow(numbered.number, change.phase, what, change.before, change.after, undo)
