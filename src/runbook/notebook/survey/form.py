"""The form of survey.ipynb: the fields, and a box for each risk that the change would ask about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.notebook.live.after_typing import AfterTyping
from runbook.notebook.widgets import ConsentsBelow, Form
from runbook.preflight import Finding

# What preflight would say of some values; raises RunbookError where it cannot.
Judge = Callable[[Mapping[str, object]], Iterable[Finding]]


@dataclass(slots=True)
class SurveyForm:
    """The form and its boxes, which follow what is typed."""

    form: Form
    given: tuple[str, ...]
    findings: Judge
    clock: Clock
    consents: ConsentsBelow = field(init=False)
    typing: AfterTyping = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is shown yet."""
        self.typing = AfterTyping(self.ask, self.clock)
        self.consents = ConsentsBelow(self.form, self.given, self.typing.again)

    def show(self) -> None:
        """Put it on the page."""
        self.form.on_change(self.typing.again)
        self.form.show()
        self.typing.begin()

    def values(self) -> dict[str, object]:
        """What stands in it now, as parameters."""
        return {**self.form.values(), "consent": self.consents.values()}

    def ask(self) -> None:
        """Show a box for each risk of these values; none changes while a value is wrong."""
        if self.form.told:
            return
        try:
            self.consents.ask(self.findings(self.values()))
        except RunbookError:
            # The cell that reads the form says why.
            return

    def freeze(self) -> None:
        """The form is over."""
        self.typing.end()
        self.form.freeze()
