"""Shows the steps of a phase while they are made; afterwards the journal of the host."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from runbook import views
from runbook.apply.checkpoint import Armed
from runbook.apply.phases import Applied
from runbook.apply.steps.journal import BEGINS, JournalRow
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.plan.plan import NumberedStep
from runbook.views import Look, Picture, Slot, StepShown
from runbook.views.grid import Grid, column
from runbook.views.tables import counted

# Between two drawings where nobody looks on: papermill writes what is drawn now and then.
UNWATCHED_S = 1.0


@dataclass(slots=True)
class Stepping:
    """Draws all steps when one begins, each time if somebody is there."""

    armed: Armed
    phase: str
    slot: Slot = field(default_factory=Slot)
    rows: dict[int, StepShown] = field(default_factory=dict)
    began: float = 0.0
    drawn: float = 0.0

    def __enter__(self) -> Self:
        """Show every step with the mark `to come`."""
        for numbered in self.armed.plan.steps(self.phase):
            self.rows[numbered.number] = StepShown(numbered.number, numbered.step.describe())
        self._draw()
        self.slot.place()
        # The first one is shown at work at once.
        self.drawn = 0.0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Mark the step that was at work as failed if there is an error."""
        if error is not None:
            for number, step in self.rows.items():
                if step.mark == "at work":
                    self.rows[number] = replace(step, mark="failed")
            self._draw()

    def __call__(self, numbered: NumberedStep, event: str) -> None:
        """A step begins, or is done."""
        step = self.rows[numbered.number]
        if event == BEGINS:
            self.began = time.monotonic()
            step = replace(step, mark="at work")
        else:
            step = replace(step, mark="done", took_s=time.monotonic() - self.began)
        self.rows[numbered.number] = step
        # What is done is shown with the step that begins next, or with the host's journal.
        if event == BEGINS and (somebody_there() or self.began - self.drawn >= UNWATCHED_S):
            self._draw()

    def end(self, applied: Applied) -> None:
        """Show the host's journal in their place: only the journal proves a step."""
        self.slot.draw(*journal(applied))

    def _draw(self) -> None:
        self.drawn = time.monotonic()
        self.slot.draw(views.steps(list(self.rows.values()), f"Phase {self.phase}"))


def show_journal(applied: Applied) -> None:
    """The journal of a phase, in the cell that is at work."""
    views.show(*journal(applied))


def journal(applied: Applied) -> tuple[Picture, ...]:
    """The journal's lines about the steps of a phase, and each move of the deadline."""
    caption = f"The journal on the host: phase {applied.phase}"
    numbers = [numbered.number for numbered in applied.armed.plan.steps(applied.phase)]
    rows = Grid.typed(JournalRow, [row for row in applied.log.rows() if row.step in numbers])
    moves = [
        views.moved_deadline(moved)
        for moved in applied.log.moves()
        if any(f"because step {number} " in moved for number in numbers)
    ]
    done, steps = sum(map(bool, column(rows, "ended"))), counted(len(numbers), "step")
    made = f"✓ Phase {applied.phase}: {done} of {steps} made"
    return (
        views.fold(made, views.table(rows, Look(caption, limit=len(rows), unit=""))),
        *moves,
    )
