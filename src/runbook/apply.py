"""Plan x Armed -> Applied: the steps of one phase, each journalled before it is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from runbook import journal
from runbook.changes.steps import Step
from runbook.checkpoint.arm import Armed, extend
from runbook.errors import StepFailed
from runbook.journal import Journal
from runbook.perform import perform
from runbook.plan import MARGIN_S, PHASES, NumberedStep
from runbook.transport.host import Host

# A step that may take this long gets a new deadline before it begins.
LONG_S = 15.0
Now = Callable[[], datetime]
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
    armed: Armed, host: Host, phase: str, now: Now, make: Make = on_the_host
) -> Applied:
    """Make the steps of one phase; raises StepFailed, with the rest not made."""
    steps = armed.plan.steps(phase)
    _in_order(armed, host, phase, steps)
    guarded = host.guarded(armed.layout.lock, armed.layout.open)
    for numbered in steps:
        if numbered.step.budget_s >= LONG_S:
            armed = _make_long(armed, guarded, numbered, now, make)
        else:
            _make(armed, guarded, numbered, now, make)
    return Applied(armed, phase, journal.read(host, armed.layout.journal))


def _make_long(armed: Armed, host: Host, numbered: NumberedStep, now: Now, make: Make) -> Armed:
    """Make a step that may take all the time there is: its deadline is later than that."""
    number, budget_s = numbered.number, numbered.step.budget_s
    usual = armed.plan.deadline_s
    enough = max(usual, math.ceil(budget_s + MARGIN_S))
    armed = extend(armed, host, enough, now(), f"step {number} may take up to {budget_s:g} s")
    _make(armed, host, numbered, now, make)
    # It did not; a host that is lost from here on need not wait that long.
    return extend(armed, host, usual, now(), f"step {number} is done") if enough > usual else armed


def _make(armed: Armed, host: Host, numbered: NumberedStep, now: Now, make: Make) -> None:
    path, number, step = armed.layout.journal, numbered.number, numbered.step
    journal.write(host, path, now(), f"step {number} begins: {step.describe()}")
    make(step, host, armed)
    journal.write(host, path, now(), f"step {number} done")


def _in_order(armed: Armed, host: Host, phase: str, steps: tuple[NumberedStep, ...]) -> None:
    log = journal.read(host, armed.layout.journal)
    earlier = PHASES[: PHASES.index(phase)]
    owed = {n.number for p in earlier for n in armed.plan.steps(p)} - log.done()
    if owed:
        raise _out_of_order(armed, f"step {min(owed)} of an earlier phase was not made")
    again = {n.number for n in steps} & log.begun()
    if again:
        raise _out_of_order(armed, f"step {min(again)} was made already, and a step is made once")


def _out_of_order(armed: Armed, why: str) -> StepFailed:
    return StepFailed(
        f"nothing was done by this call: {why}",
        host=armed.plan.host,
        state=f"as the journal {armed.layout.journal} on the host says; its undo is armed",
        then="go on with the next phase, or undo the change",
    )
