"""The steps of a phase while they are made: what is done, what is at work, what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runbook.views.board import SIGNS, TONES, StageMark
from runbook.views.grid import Grid
from runbook.views.page.picture import Picture
from runbook.views.progress import bar
from runbook.views.tables import Look, table


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step, how it stands, and the seconds that it took."""

    number: int
    what: str
    mark: StageMark = "to come"
    took_s: float | None = None


def steps(shown: Sequence[StepShown], caption: str) -> Picture:
    """A row a step: its mark as a sign and a word, what it is, how long it took."""
    done = sum(step.mark == "done" for step in shown)
    rows = [(step.number, f"{SIGNS[step.mark]} {step.mark}", step.what, _s(step)) for step in shown]
    listing = Grid.of(("step", "", "what", "took"), rows)
    tones = [TONES.get(step.mark, "") for step in shown]
    colours = listing.classes(marks={"": tones, "what": ["rb-words"] * len(shown)})
    head = f"{caption}: {done} of {len(shown)} steps made"
    listed = table(listing, Look(head, classes=colours, limit=max(len(listing), 1)))
    filled = bar(done, len(shown), head)
    return Picture(f"{filled.body}{listed.body}", listed.text)


def _s(step: StepShown) -> str:
    return "" if step.took_s is None else f"{step.took_s:.2f} s"
