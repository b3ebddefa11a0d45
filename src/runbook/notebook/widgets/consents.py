"""Risks that only an operator can judge, a check box each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import pandas as pd
from ipywidgets import Checkbox, Layout, VBox

from runbook.notebook.widgets import look
from runbook.params.fields import VOUCHED
from runbook.views import Look, Picture, table


class Risk(NamedTuple):
    """One risk."""

    name: Annotated[str, "as the parameter `consent` has it"]
    seen: Annotated[str, "what was seen on the host"]
    why: Annotated[str, "why it matters"]

    @property
    def label(self) -> str:
        """What the operator vouches for, and then why."""
        vouched = f"I know that {VOUCHED[self.name]}." if self.name in VOUCHED else ""
        return f"{vouched} ({self.name}: {self.seen}; {self.why})".strip()


@dataclass(frozen=True, slots=True)
class Consents:
    """The boxes by the names of the risks."""

    boxes: Mapping[str, Checkbox]
    risks: tuple[Risk, ...]

    def values(self) -> tuple[str, ...]:
        """The names of those that are ticked."""
        return tuple(name for name, box in self.boxes.items() if box.value)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call this each time that one is ticked or unticked."""
        for box in self.boxes.values():
            box.observe(lambda _: callback(), names="value")

    def box(self) -> VBox:
        """All of them as one thing to display."""
        made = VBox([look.sheet(), *self.boxes.values()], layout=Layout(width=look.FULL))
        made.add_class("rb-form")
        return made

    def static(self) -> Picture:
        """What is ticked now, without widgets."""
        ticked = self.values()
        rows = [(n, "yes" if n in ticked else "no", seen, why) for n, seen, why in self.risks]
        columns = ["risk", "accepted", "seen", "why it matters"]
        return table(
            pd.DataFrame(rows, columns=columns), Look("Consent", limit=len(rows), unit="risk")
        )


def consents(risks: Iterable[Risk], given: Collection[str] = ()) -> Consents:
    """A box a risk; those in `given` are ticked."""
    asked = tuple(risks)
    boxes = {
        risk.name: Checkbox(
            value=risk.name in given,
            description=risk.label,
            indent=False,
            layout=Layout(width=look.FULL),
        )
        for risk in asked
    }
    return Consents(boxes, asked)
