"""A form that lacks something makes its cell wait: *Run all* halts where a person is needed."""

from __future__ import annotations

from runbook.common.clock import Clock
from runbook.notebook.widgets.consents import ConsentsBelow
from runbook.notebook.widgets.form import Form
from runbook.notebook.widgets.question import ASKED, Question

MEND = "correct the marked fields; interrupt the cell to leave it"
ACCEPT = (
    "tick the box of each risk that you can vouch for, or change the value that it is about;"
    " interrupt the cell to leave it"
)


def wait_until_complete(form: Form, consents: ConsentsBelow | None, clock: Clock) -> None:
    """Wait for *Continue* if a value is wrong or a risk is not accepted; else go on at once."""

    def fault() -> str:
        if form.marked:
            return MEND
        return ACCEPT if consents and consents.open else ""

    if not fault():
        return
    fields = [one.widget for one in form.fields.values()]
    question = Question(fields, fault)
    question.widgets[0].add_class(ASKED)
    form.put_last(question.widgets)
    question.wait(clock)
    form.put_last(())
