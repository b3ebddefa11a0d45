from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.unit.notebook.conftest import StoppedClock

from runbook.common.errors import ParameterError
from runbook.notebook.widgets import ConsentsBelow, Form, form, wait_until_complete
from runbook.notebook.widgets import complete as completes
from runbook.notebook.widgets.question import Question
from runbook.preflight import Finding

RISK = Finding("consent", "STP", "spanning tree is on", "it sends BPDUs", "see", "bpdu")


class Pressed(Question):
    """Waits as long as it takes to press once, and notes what the page says then."""

    said: str = ""
    presses = 0

    def wait(self, _: object) -> bool:
        type(self).presses += 1
        self.press()
        type(self).said = self.widgets[1].value
        return self.answered


@pytest.fixture(autouse=True)
def question(monkeypatch: pytest.MonkeyPatch) -> type[Pressed]:
    monkeypatch.setattr(completes, "Question", Pressed)
    Pressed.said, Pressed.presses = "", 0
    return Pressed


def judged(values: Mapping[str, object]) -> tuple[ParameterError, ...]:
    wrong = ParameterError("bridge", values["bridge"], "it is taken", "choose another")
    return (wrong,) if values["bridge"] == "virbr0" else ()


def filled(bridge: str) -> Form:
    made = form(("bridge",), {"bridge": bridge})
    made.check(judged)
    return made


def test_a_form_that_lacks_nothing_is_passed(question: type[Pressed]) -> None:
    wait_until_complete(filled("virbr1"), None, StoppedClock())
    assert question.presses == 0


def test_a_wrong_value_and_then_an_open_risk_are_what_continue_waits_for(
    question: type[Pressed],
) -> None:
    made = filled("virbr0")
    risks = ConsentsBelow(made, (), lambda: None)
    risks.ask((RISK,))
    wait_until_complete(made, risks, StoppedClock())
    assert "correct the marked fields" in question.said
    made.fields["bridge"].widget.value = "virbr1"
    wait_until_complete(made, risks, StoppedClock())
    assert "tick the box of each risk" in question.said
    risks.asked.boxes["bpdu"].value = True
    wait_until_complete(made, risks, StoppedClock())
    assert question.presses == 2


def test_what_the_host_has_against_a_field_is_waited_for_too(question: type[Pressed]) -> None:
    made = filled("virbr1")
    made.mark({"bridge": "network default has it; choose another"})
    wait_until_complete(made, None, StoppedClock())
    assert question.presses == 1
    assert "correct the marked fields" in question.said
    made.fields["bridge"].widget.value = "virbr2"
    wait_until_complete(made, None, StoppedClock())
    assert question.presses == 1


def test_the_button_stands_below_the_risks_and_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = filled("virbr1")
    risks = ConsentsBelow(made, (), lambda: None)
    risks.ask((RISK,))
    shown: list[object] = []
    monkeypatch.setattr(Pressed, "wait", lambda *_: shown.extend(made.box().children))
    before = made.box().children
    wait_until_complete(made, risks, StoppedClock())
    assert tuple(shown[: len(before)]) == before
    assert len(shown) == len(before) + 2
    assert made.box().children == before
