"""The buttons of a fleet run at work: no further host, and undo those at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ipywidgets import Button, HBox, VBox

from runbook.fleet import interrupts
from runbook.fleet.engine import Engine
from runbook.fleet.interrupts import Standing
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.widgets import look, show_widget
from runbook.views import note

STOP, UNDO = "no further host", "undo the hosts at work"
_TIPS = {
    STOP: "The hosts at work end their change; no other host begins",
    UNDO: "The hosts at work undo their change; no other host begins",
}
_STYLES = {STOP: "warning", UNDO: "danger"}
BY_HAND = (
    "The button ■ of JupyterLab: no further host begins. Press it again to undo the hosts at work."
)


@contextmanager
def controls(engine: Engine, standing: Standing) -> Iterator[None]:
    """Show the buttons while the run is at work, if a person is there."""
    if not somebody_there():
        yield
        return
    buttons = [
        _button(STOP, lambda: interrupts.stop(engine, standing)),
        _button(UNDO, lambda: interrupts.undo(engine, standing)),
    ]
    box = VBox([look.sheet(), HBox(buttons)])
    box.add_class("rb-form")
    shown = show_widget(box, note(BY_HAND))
    try:
        yield
    finally:
        shown.freeze(note("The run is not at work any more."))


def _button(name: str, press: Callable[[], None]) -> Button:
    made = Button(description=name, tooltip=_TIPS[name], button_style=_STYLES[name])
    made.layout.width = "auto"
    made.on_click(lambda _: press())
    return made
