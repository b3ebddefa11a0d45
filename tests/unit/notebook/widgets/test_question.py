from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from ipywidgets import HBox, Text
from tests.unit.notebook.conftest import StoppedClock

from runbook.notebook.widgets import question as questions
from runbook.notebook.widgets.question import ASKED, Question, wait_for
from runbook.views import Picture, note


class Running(StoppedClock):
    """Each look at it is a second later."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        self.now_s += 1
        return self.now_s


def settled(answered: bool) -> Picture:  # noqa: FBT001 - as it is called
    return note(f"answered: {answered}")


def kernel_with(*subshells: str) -> SimpleNamespace:
    manager = SimpleNamespace(list_subshell=lambda: list(subshells))
    return SimpleNamespace(
        kernel=SimpleNamespace(shell_channel_thread=SimpleNamespace(manager=manager))
    )


def test_a_page_that_cannot_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "get_ipython", kernel_with)
    assert not wait_for([Text()], lambda: "", settled, Running())


def test_what_is_wrong_is_said_and_does_not_continue() -> None:
    asked = Question([Text()], lambda: "choose a host")
    asked.press()
    assert not asked.answered
    assert "choose a host" in asked.widgets[1].value


def test_enter_in_a_field_below_others_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "get_ipython", lambda: kernel_with("one"))
    field = Text()
    asked = Question([HBox([field])], lambda: "")
    threading.Timer(0.05, lambda: field._handle_custom_msg({"event": "submit"}, [])).start()  # noqa: SLF001 - what a page sends
    assert asked.wait(Running())


def test_what_is_asked_first_is_marked_to_get_the_focus() -> None:
    field = Text()
    wait_for([field, Text()], lambda: "", settled, Running())
    assert ASKED in field._dom_classes  # noqa: SLF001 - as the page gets them


def test_an_interrupt_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(questions, "_has_subshell", interrupted)
    assert not Question([Text()], lambda: "").wait(Running())
