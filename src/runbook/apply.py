"""Plan x Armed -> Applied: the steps of one phase, each journalled before it is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from runbook import journal
from runbook.changes.steps import Step
from runbook.checkpoint.arm import Armed, extend, standing_manifest
from runbook.errors import StepFailed
from runbook.guest_promise import GuestPromise
from runbook.journal import BEGINS, DONE, Journal
from runbook.perform import perform
from runbook.plan import MARGIN_S, PHASES, NumberedStep
from runbook.transport.host import Host

# A step that may take this long gets a new deadline before it begins.
LONG_S = 15.0
MADE_BEFORE = "make the phases in their order, or undo the change"
Now = Callable[[], datetime]
# A step, and BEGINS or DONE.
Told = Callable[[NumberedStep, str], None]


def nobody(numbered: NumberedStep, event: str) -> None:
    """Tell nobody."""
    del numbered, event


Make = Callable[[Step, Host, Armed], None]


def on_the_host(step: Step, host: Host, _armed: Armed) -> None:
    """Make a step of a change that is all on the host."""
    perform(step, host)


@dataclass(frozen=True, slots=True)
class Applied:
    """How far the change has come, told by the journal on the host."""

    armed: Armed
    phase: str
    log: Journal

    @property
    def journal(self) -> pd.DataFrame:
        """One row a step made so far: step, what, began, ended."""
        return self.log.table()

    @property
    def complete(self) -> bool:
        """Whether every step of the plan was made."""
        return self.log.done() == {n.number for n in self.armed.plan.steps()}


def apply_phase(
    armed: Armed,
    host: Host,
    phase: str,
    now: Now,
    told: Told = nobody,
    make: Make = on_the_host,
) -> Applied:
    """Make the steps of one phase that are not made yet; raises StepFailed, the rest not made.

    `told` hears of each step as it begins and when it is done; `make` makes it.
    """
    left = _left(armed, host, phase)
    guarded = host.guarded(armed.layout.lock, armed.layout.open)
    for numbered in left:
        told(numbered, BEGINS)
        if numbered.step.budget_s >= LONG_S:
            _make_long(armed, guarded, numbered, now, make)
        else:
            _make(armed, guarded, numbered, now, make)
        told(numbered, DONE)
    log = journal.read(host, armed.layout.journal)
    return Applied(as_it_stands(armed, host), phase, log)


def as_it_stands(armed: Armed, host: Host) -> Armed:
    """The same, with the deadline that the host keeps now: others may have moved it."""
    kept = standing_manifest(host, armed.layout)
    return replace(armed, deadline=kept.deadline, timer_number=kept.timer)


def _make_long(armed: Armed, host: Host, numbered: NumberedStep, now: Now, make: Make) -> None:
    """Make a step that may take all the time there is: its deadline is later than that."""
    number, budget_s = numbered.number, numbered.step.budget_s
    usual, began = _usual(armed), now()
    granted = standing_manifest(host, armed.layout).deadline
    enough = max(usual, math.ceil(budget_s + MARGIN_S))
    if (granted - began).total_seconds() > enough:
        _make(armed, host, numbered, now, make)
        return
    later = extend(armed, host, enough, began, f"step {number} may take up to {budget_s:g} s")
    _make(armed, host, numbered, now, make)
    # It did not; a host that is lost from here on need not wait that long, unless a person
    # asked for more time meanwhile.
    again = max(usual, math.ceil((granted - now()).total_seconds()))
    mine = standing_manifest(host, armed.layout).timer == later.timer_number
    if mine and enough > again:
        extend(armed, host, again, now(), f"step {number} is done")


def _usual(armed: Armed) -> int:
    """The seconds that are always left after a long step.

    A guest has a countdown of its own, and the host's is not to run away from it: there it is
    moved only where a step needs more than is left.
    """
    if isinstance(armed.plan.promise, GuestPromise):
        return math.ceil(MARGIN_S)
    return armed.plan.deadline_s


def _make(armed: Armed, host: Host, numbered: NumberedStep, now: Now, make: Make) -> None:
    path, number, step = armed.layout.journal, numbered.number, numbered.step
    journal.write(host, path, now(), f"step {number} begins: {step.describe()}")
    make(step, host, armed)
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
