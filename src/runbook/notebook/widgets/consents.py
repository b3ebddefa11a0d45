"""Risks that only an operator can judge, a check box each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from ipywidgets import Checkbox, Layout, VBox

from runbook.common.later import pd
from runbook.notebook.widgets import look
from runbook.notebook.widgets.form import Form
from runbook.params.fields import VOUCHED
from runbook.preflight import Finding
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
        columns = ["risk", "accepted", "on the host", "why it matters"]
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


@dataclass(slots=True)
class ConsentsBelow:
    """The boxes below a form; they follow the findings on what stands in it.

    `given` are consents that somebody gave before: they stay, also where no box asks for them.
    """

    form: Form
    given: tuple[str, ...]
    on_change: Callable[[], None]
    asked: Consents = field(default_factory=lambda: consents(()))

    def values(self) -> tuple[str, ...]:
        """The names of all risks that are consented to."""
        return (*(n for n in self.given if n not in self.asked.boxes), *self.asked.values())

    @property
    def open(self) -> tuple[str, ...]:
        """The risks that nobody has accepted yet."""
        return tuple(name for name, box in self.asked.boxes.items() if not box.value)

    def ask(self, found: Iterable[Finding]) -> None:
        """A box a risk; made anew only where other risks are found, so that none loses its tick."""
        risks = [Risk(f.name, f.seen, f.why) for f in found if f.level == "consent"]
        if {risk.name for risk in risks} == set(self.asked.boxes):
            return
        self.asked = consents(risks, self.values())
        self.asked.on_change(self.on_change)
        self.form.put_below([self.asked.box()] if risks else [])
