"""The steps of a phase while they are made: what is done, what is at work, what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from runbook.views.board import SIGNS, TONES, StageMark
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
    frame = pd.DataFrame(rows, columns=["step", "", "what", "took"])
    colours = pd.DataFrame("", index=frame.index, columns=frame.columns)
    colours[""] = [TONES.get(step.mark, "") for step in shown]
    colours["what"] = "rb-words"
    head = f"{caption}: {done} of {len(shown)} steps made"
    listed = table(frame, Look(head, classes=colours, limit=max(len(frame), 1)))
    filled = bar(done, len(shown), head)
    return Picture(f"{filled.body}{listed.body}", listed.text)


def _s(step: StepShown) -> str:
    return "" if step.took_s is None else f"{step.took_s:.2f} s"
