"""Plan x Armed -> Applied: the steps of one phase, each journalled before it is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from runbook.apply.checkpoint import deadline, timer
from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineMove, DeadlineWish, Now
from runbook.apply.checkpoint.manifest import Manifest
from runbook.apply.steps import journal
from runbook.apply.steps.journal import BEGINS, DONE, Journal
from runbook.apply.steps.perform import perform
from runbook.common import debug_log
from runbook.common.errors import StepFailed
from runbook.plan.changes.revert_steps import TakeBack
from runbook.plan.changes.steps import GatedNetlink, Step
from runbook.plan.plan import MARGIN_S, PHASES, VERIFY_BUDGET_S, NumberedStep, Plan
from runbook.plan.promise.guests import GuestPromise
from runbook.transport.host import Host, OnRefusal

# A step that may take this long gets a new deadline before it begins.
LONG_S = 15.0
# What has to be left after a step, for guests to be verified.
AFTER_S = VERIFY_BUDGET_S + MARGIN_S
# How long a host that nobody hears after its cutover stays so. Spanning tree on the LAN may take
# 15 s to let the first frame through.
CUT_OFF_S = 30
# The countdown of one is moved in less than this, at a slow console.
EACH_S = 15
MADE_BEFORE = "make the phases in their order, or undo the change"
# Hears of a step, and whether it BEGINS or is DONE.
StepListener = Callable[[NumberedStep, str], None]


def nobody(numbered: NumberedStep, event: str) -> None:
    """Tell nobody."""
    del numbered, event


class Doer(Protocol):
    """Who makes a step, and moves the deadline where a step needs that."""

    def perform(self, step: Step, host: Host, armed: Armed) -> None:
        """Make one step."""

    def move(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> DeadlineMove:
        """Move the deadline."""


@dataclass(frozen=True, slots=True)
class OnTheHost:
    """A change that is all on the host."""

    def perform(self, step: Step, host: Host, armed: Armed) -> None:
        """Make one step on the host."""
        del armed
        perform(step, host)

    def move(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> DeadlineMove:
        """Move the host's deadline."""
        return deadline.move(armed.layout, host, wish, now)


ON_THE_HOST = OnTheHost()


@dataclass(frozen=True, slots=True)
class Applied:
    """How far the change is, by the journal on the host."""

    armed: Armed
    phase: str
    log: Journal

    @property
    def complete(self) -> bool:
        """Whether every step of the plan was made."""
        return self.log.done() == {n.number for n in self.armed.plan.steps()}


def apply_phase(
    armed: Armed,
    host: Host,
    phase: str,
    now: Now,
    on_step: StepListener = nobody,
    doer: Doer = ON_THE_HOST,
) -> Applied:
    """Make the missing steps of one phase; raises StepFailed and stops at the first failure.

    `on_step` hears of each step as it begins and when it is done; `doer` makes it.
    """
    left = _left(armed, host, phase)
    refused = OnRefusal(armed.layout.journal, timer.run_on_refusal(armed.layout).argv)
    guarded = host.guarded(armed.layout.lock, armed.layout.open, refused)
    for numbered in left:
        on_step(numbered, BEGINS)
        if _may_cut_off(numbered.step):
            _cut_over(armed, guarded, numbered, now, doer)
        elif numbered.step.budget_s >= LONG_S:
            _make_long(armed, guarded, numbered, now, doer)
        else:
            _make(armed, guarded, numbered, now, doer)
        on_step(numbered, DONE)
    log = journal.read(host, armed.layout.journal)
    return Applied(armed.until(deadline.standing(host, armed.layout)), phase, log)


def _may_cut_off(step: Step) -> bool:
    """Whether the host may not be reached any more after it."""
    return isinstance(step, GatedNetlink) or (isinstance(step, TakeBack) and step.cuts)


def _make_long(armed: Armed, host: Host, numbered: NumberedStep, now: Now, doer: Doer) -> None:
    """Make a step that may take all the time there is: its deadline is later than that."""
    moved = doer.move(armed, host, _enough(armed.plan, numbered), now)
    _make(armed.until(moved.after), host, numbered, now, doer)
    if moved.changed:
        # It did not; a host that is lost from here on need not wait that long.
        doer.move(armed, host, _as_granted(armed.plan, moved, numbered), now)


def _cut_over(armed: Armed, host: Host, numbered: NumberedStep, now: Now, doer: Doer) -> None:
    """Make the step that may cost the connection, with a short deadline until it is proven.

    If the network does not take the host where it is now, nobody can ask it for the undo.
    """
    moved = doer.move(armed, host, _soon(numbered), now)
    _make(armed.until(moved.after), host, numbered, now, doer)
    if moved.changed:
        doer.move(armed, host, _proven(armed.plan, moved, numbered), now)


def _proven(plan: Plan, moved: DeadlineMove, numbered: NumberedStep) -> DeadlineWish:
    """The deadline that stood before the step, unless somebody has moved it meanwhile."""

    def seconds(manifest: Manifest, at: datetime) -> int | None:
        again = max(_usual(plan), math.ceil(_remains(moved.before, at)))
        return again if manifest.timer == moved.after.timer else None

    return DeadlineWish(seconds, f"the host answers after step {numbered.number}")


def _soon(numbered: NumberedStep) -> DeadlineWish:
    def seconds(manifest: Manifest, at: datetime) -> int | None:
        return CUT_OFF_S if _remains(manifest, at) > CUT_OFF_S else None

    why = f"step {numbered.number} may cost the connection, and then the host undoes it soon"
    return DeadlineWish(seconds, why)


def _enough(plan: Plan, numbered: NumberedStep) -> DeadlineWish:
    """A deadline after the end of the step, if the current one may come earlier.

    A host's is begun anew at every long step. Of guests each has a countdown of its own, and to
    move it takes a while: there it is moved only where too little is left.
    """
    budget_s, guests = numbered.step.budget_s, _guests(plan)
    needs = math.ceil(budget_s + (AFTER_S if guests else MARGIN_S))
    enough = max(_usual(plan), needs + EACH_S * guests)
    least = needs if guests else enough

    def seconds(manifest: Manifest, at: datetime) -> int | None:
        return enough if _remains(manifest, at) <= least else None

    return DeadlineWish(seconds, f"step {numbered.number} may take up to {budget_s:g} s")


def _as_granted(plan: Plan, moved: DeadlineMove, numbered: NumberedStep) -> DeadlineWish:
    """The deadline that stood before the step, or the usual one from now.

    Not where somebody has moved it meanwhile: a person who asked for more time keeps it.
    """
    usual = _usual(plan)

    def seconds(manifest: Manifest, at: datetime) -> int | None:
        again = max(usual, math.ceil(_remains(moved.before, at)))
        mine = manifest.timer == moved.after.timer
        return again if mine and _remains(manifest, at) > again else None

    return DeadlineWish(seconds, f"step {numbered.number} is done")


def _usual(plan: Plan) -> int:
    """The seconds that are left after a step that needed more: guests take a while to verify."""
    return max(plan.deadline_s, math.ceil(AFTER_S)) if _guests(plan) else plan.deadline_s


def _guests(plan: Plan) -> int:
    """How many the change is about, none where it is about the host."""
    return len(plan.promise.guests) if isinstance(plan.promise, GuestPromise) else 0


def _remains(manifest: Manifest, at: datetime) -> float:
    return (manifest.deadline - at).total_seconds()


def _make(armed: Armed, host: Host, numbered: NumberedStep, now: Now, doer: Doer) -> None:
    path, number, step = armed.layout.journal, numbered.number, numbered.step
    journal.write(host, path, now(), f"step {number} begins: {step.describe()}")
    with debug_log.timed(f"step {number}: {step.describe()}"):
        doer.perform(step, host, armed)
    journal.write(host, path, now(), f"step {number} done")


def _left(armed: Armed, host: Host, phase: str) -> tuple[NumberedStep, ...]:
    """The phase's steps that are still to be made; raises StepFailed out of order."""
    log = journal.read(host, armed.layout.journal)
    earlier = PHASES[: PHASES.index(phase)]
    owed = {n.number for p in earlier for n in armed.plan.steps(p)} - log.done()
    if owed:
        raise _out_of_order(armed, f"step {min(owed)} of an earlier phase was not made")
    unknown = log.begun() - log.done()
    if unknown:
        why = f"step {min(unknown)} began, and is not known to have ended"
        raise _out_of_order(armed, f"{why}; a step is made once", "undo the change")
    return tuple(n for n in armed.plan.steps(phase) if n.number not in log.done())


def _out_of_order(armed: Armed, why: str, then: str = MADE_BEFORE) -> StepFailed:
    return StepFailed(
        f"nothing was done by this call: {why}",
        host=armed.plan.host,
        state=f"as the journal {armed.layout.journal} on the host says; its undo is armed",
        then=then,
    )
