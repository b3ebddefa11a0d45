"""A button that files the executed notebook in its run folder, as `runbook archive` does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ipywidgets import HTML, Button, HBox, VBox

from runbook.common import handed_files
from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.common.folders import outputs_folder
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.live.background import in_background
from runbook.notebook.shared.runs import RecordedRun
from runbook.notebook.widgets import WidgetOnPage, look, show_widget
from runbook.run.record import MIME
from runbook.views import Picture, note
from runbook.views.links import Link, anchor
from runbook.views.page.picture import framed

# Jupyter's server tells a kernel which notebook it was started for.
NOTEBOOK = "JPY_SESSION_NAME"
LABEL = "file this record"
# The desk saves every 10 s; a notebook that is saved by hand is saved at once.
SAVED_S, PAUSE_S = 20.0, 0.5
# A widget that stays would be an error in the saved notebook once its kernel has ended.
STAYS_S = 900.0
BY_HAND = "`runbook archive FILE` files the saved notebook in the run folder, with a page of it."
NOT_SAVED = "the notebook is not saved yet: press Ctrl+S, then press this again"


@dataclass(slots=True)
class Filing:
    """The button of one run that is over."""

    this: RecordedRun
    notebook: Path
    button: Button = field(init=False)
    line: HTML = field(default_factory=HTML)
    shown: WidgetOnPage | None = None

    def __post_init__(self) -> None:
        """Make the button."""
        self.button = Button(description=LABEL, button_style="primary")
        self.button.tooltip = "File this notebook, and a page of it, in the run folder"
        self.button.on_click(lambda _: in_background(self.press, "runbook-file"))

    def show(self) -> None:
        """Put it on the page, for some minutes."""
        box = VBox([look.sheet(), HBox([self.button, self.line])])
        box.add_class("rb-form")
        self.shown = show_widget(box, note(BY_HAND))
        in_background(self._end, "runbook-file-end")

    def press(self) -> None:
        """File it, and say where it is."""
        # It loads what makes a page of a notebook, and most kernels never need that.
        from runbook.notebook.archive import file_away  # noqa: PLC0415

        clock = self.this.session.clock
        self._say(note("Waiting until the notebook is saved (Ctrl+S saves it now) …"))
        if not is_saved(self.notebook, self.this.session.change_id, clock):
            self._say(note(NOT_SAVED, "warn"))
            return
        try:
            _, page = file_away(self.notebook, outputs_folder())
        except (RunbookError, OSError) as error:
            self._say(note(str(error), "bad"))
            return
        self._freeze(_filed(page))

    def _end(self) -> None:
        self.this.session.clock.sleep(STAYS_S)
        self._freeze(note(BY_HAND))

    def _freeze(self, picture: Picture) -> None:
        if self.shown:
            shown, self.shown = self.shown, None
            shown.freeze(picture)

    def _say(self, picture: Picture) -> None:
        self.line.value = framed(f'<div role="status">{picture.body}</div>')


def offer(run: RecordedRun, environ: Mapping[str, str] = os.environ) -> None:
    """Show the button where a person can press it, and the notebook's file is known."""
    notebook = Path(environ.get(NOTEBOOK, ""))
    if somebody_there() and notebook.suffix == ".ipynb" and notebook.is_file():
        Filing(run, notebook).show()


def is_saved(notebook: Path, change_id: str, clock: Clock) -> bool:
    """Whether the file has the result of this run, within some seconds."""
    end = clock.monotonic() + SAVED_S
    while True:
        if _has_result(notebook, change_id):
            return True
        if clock.monotonic() >= end:
            return False
        clock.sleep(PAUSE_S)


def _has_result(notebook: Path, change_id: str) -> bool:
    try:
        told = handed_files.text(notebook)
    except (OSError, ValueError):
        return False
    return MIME in told and change_id in told


def _filed(page: Path) -> Picture:
    link = Link("Open the page", os.path.relpath(page, Path.cwd()))
    done = note(f"Filed: {page}", "good")
    return Picture(f"{done.body}<p>{anchor(link)}</p>", done.text)
