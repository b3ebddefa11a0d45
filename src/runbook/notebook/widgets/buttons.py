"""The panel of an armed change: its state, and the three things that a person may do to it.

It stays in view (`rb-panel` in the style), so it is shown once. It asks, and never acts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ipywidgets import HTML, Button, HBox, Layout, VBox

from runbook.notebook.widgets import look
from runbook.views import Picture, note
from runbook.views.page.picture import framed

CONFIRM, UNDO, MORE = "confirm", "undo now", "more time"
TIPS = {
    CONFIRM: "Verify over a new connection, then keep the change",
    UNDO: "Put the host back as it was, at once",
    MORE: "Move the deadline: the host undoes the change five minutes later",
}
EARLY = "Not yet: some steps of the change are not made"
KEYS = {CONFIRM: "success", UNDO: "danger", MORE: "info"}


@dataclass(frozen=True, slots=True)
class Buttons:
    """State, buttons, and a line that says what became of the last one that was pressed."""

    head: HTML
    buttons: tuple[Button, ...]
    line: HTML
    box: VBox

    def draw(self, picture: Picture) -> None:
        """Show the state; nothing is sent to the page where it is as before."""
        self.head.value = framed(picture.body)

    def say(self, text: str, tone: str = "note") -> None:
        """Say it in the line; a screen reader reads it out."""
        self.line.value = framed(f'<div role="status">{note(text, tone).body}</div>')

    def allow_confirm(self, *, allowed: bool) -> None:
        """Whether *confirm* can be pressed."""
        button = self.buttons[0]
        button.disabled, button.tooltip = not allowed, TIPS[CONFIRM] if allowed else EARLY

    def end(self) -> None:
        """Take the buttons away; state and line stay."""
        self.box.children = tuple(one for one in self.box.children if not isinstance(one, HBox))


def buttons(press: Callable[[str], None]) -> Buttons:
    """The panel; `press` hears the name of each button that is pressed."""
    made = tuple(_button(name, press) for name in TIPS)
    head, line = HTML(), HTML()
    box = VBox([look.sheet(), head, HBox(list(made)), line], layout=Layout(width=look.FULL))
    box.add_class("rb-form")
    box.add_class("rb-panel")
    panel = Buttons(head, made, line, box)
    panel.allow_confirm(allowed=False)
    return panel


def _button(name: str, press: Callable[[str], None]) -> Button:
    button = Button(description=name, tooltip=TIPS[name], button_style=KEYS[name])
    button.on_click(lambda _: press(name))
    return button
