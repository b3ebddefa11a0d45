"""The three things that a person may do to an armed change. They ask, and never act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ipywidgets import HTML, Button, HBox, Layout, VBox

from runbook.notebook.widgets import look
from runbook.views import note
from runbook.views.page.picture import framed

CONFIRM, UNDO, MORE = "confirm", "undo now", "more time"
TIPS = {
    CONFIRM: "Verify over a new connection, then keep the change",
    UNDO: "Put the host back as it was, at once",
    MORE: "Move the deadline: the host undoes the change five minutes later",
}
KEYS = {CONFIRM: "success", UNDO: "danger", MORE: "info"}


@dataclass(frozen=True, slots=True)
class Buttons:
    """The buttons, and a line that says what became of the last one that was pressed."""

    buttons: tuple[Button, ...]
    line: HTML
    box: VBox

    def say(self, text: str, tone: str = "note") -> None:
        """Say it in the line; a screen reader reads it out."""
        self.line.value = framed(f'<div role="status">{note(text, tone).body}</div>')

    def close(self) -> None:
        """Take them away, so that none of them is kept in the notebook's metadata."""
        for widget in (*self.buttons, self.line, self.box):
            widget.close()


def buttons(press: Callable[[str], None]) -> Buttons:
    """The buttons; `press` hears the name of each that is pressed."""
    made = tuple(_button(name, press) for name in TIPS)
    line = HTML(framed(note("Nothing was pressed.").body))
    box = VBox([look.sheet(), HBox(list(made)), line], layout=Layout(width=look.FULL))
    box.add_class("rb-form")
    return Buttons(made, line, box)


def _button(name: str, press: Callable[[str], None]) -> Button:
    button = Button(description=name, tooltip=TIPS[name], button_style=KEYS[name])
    button.on_click(lambda _: press(name))
    return button
