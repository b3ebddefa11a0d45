"""A cell that waits until a person presses *Continue*; Enter in a text field does the same.

The answer comes while the cell runs. A front end can send it only through a subshell of the
kernel, so without one nothing is asked this way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from IPython.core.getipython import get_ipython
from ipywidgets import HTML, Box, Button, Layout, Text, VBox, Widget

from runbook.common.clock import Clock
from runbook.notebook.widgets import look
from runbook.notebook.widgets.widget_output import show_widget
from runbook.views import Picture, note

CONTINUE = "Continue"
# A person may go and look something up; a cell that nobody answers ends all the same.
PATIENCE_S = 3600.0
# Within this time a page that shows a widget has asked for a subshell; a busy machine is slow.
SUBSHELL_S = 8.0
PAUSE_S = 0.1
# What has this class gets the focus when the page draws it (`keys.js`): *Run all* leaves a page at
# its last cell, and nobody would see that a cell above asks.
ASKED = "rb-asked"
BESIDE = "JupyterLab shows a form here."


class Question:
    """The button, and a line beside it that says why it did not continue."""

    def __init__(self, fields: Sequence[Widget], fault: Callable[[], str]) -> None:
        """`fault` says what is wrong with the fields, '' if nothing: only then it continues."""
        self._fault = fault
        self._pressed = threading.Event()
        self._button = Button(description=CONTINUE, button_style="primary")
        self._button.add_class("rb-continue")
        self._button.tooltip = "Go on with these values"
        self._said = HTML()
        self._said.add_class("rb-reason")
        self._button.on_click(lambda _: self.press())
        for field in fields:
            self._hear_enter(field)

    @property
    def widgets(self) -> tuple[Widget, ...]:
        """What is to be shown below the fields."""
        return (self._button, self._said)

    @property
    def answered(self) -> bool:
        """Whether a person continued."""
        return self._pressed.is_set()

    def press(self) -> None:
        """Continue, unless something is wrong."""
        why = self._fault()
        self._said.value = look.reason(why)
        if not why:
            self._pressed.set()

    def wait(self, clock: Clock) -> bool:
        """Whether a person continued; False where nobody did, or nobody could."""
        try:
            return _has_subshell(clock) and self._pressed.wait(PATIENCE_S)
        except KeyboardInterrupt:
            return False

    def _hear_enter(self, field: Widget) -> None:
        """Enter, and Shift+Enter, in a text field is as good as the button."""
        for child in field.children if isinstance(field, Box) else ():
            self._hear_enter(child)
        if isinstance(field, Text):
            field.on_msg(self._heard)

    def _heard(self, _: Widget, content: dict[str, Any], __: object) -> None:
        if content.get("event") == "submit":
            self.press()


def wait_for(
    fields: Sequence[Widget],
    fault: Callable[[], str],
    settled: Callable[[bool], Picture],
    clock: Clock,
) -> bool:
    """Show fields until a person continues; False where nobody did, or nobody could.

    `settled` is what stands in their place afterwards; it is told whether a person continued.
    """
    question = Question(fields, fault)
    fields[0].add_class(ASKED)
    box = VBox([look.sheet(), *fields, *question.widgets], layout=Layout(width=look.FULL))
    box.add_class("rb-form")
    shown = show_widget(box, note(BESIDE))
    try:
        return question.wait(clock)
    finally:
        shown.freeze(settled(question.answered))


def _has_subshell(clock: Clock) -> bool:
    """Whether the page can send an answer while this cell runs."""
    if getattr(get_ipython(), "kernel", None) is None:
        return False
    end = clock.monotonic() + SUBSHELL_S
    while clock.monotonic() < end:
        if _subshells():
            return True
        clock.sleep(PAUSE_S)
    return False


def _subshells() -> Sequence[str]:
    kernel = getattr(get_ipython(), "kernel", None)
    manager = getattr(getattr(kernel, "shell_channel_thread", None), "manager", None)
    return tuple(manager.list_subshell()) if manager else ()
