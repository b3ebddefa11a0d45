"""A widget on the page, with a static picture of it in the same output.

JupyterLab shows the widget. Whatever has no widgets (a saved notebook opened
elsewhere, a page, a terminal) shows the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from IPython.display import DisplayHandle
from ipywidgets import Box, DOMWidget

from runbook.views import Picture
from runbook.views.page.page import show_lasting

MIME = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True, slots=True)
class WidgetOnPage:
    """A widget that stands on the page until it is settled."""

    widget: DOMWidget
    handle: DisplayHandle | None

    def freeze(self, picture: Picture) -> None:
        """Put the picture alone in the widget's place; the widget is closed."""
        if self.handle is not None:
            self.handle.update(picture)  # type: ignore[no-untyped-call]  # IPython has no annotation here
        _close(self.widget)


def show_widget(widget: DOMWidget, picture: Picture) -> WidgetOnPage:
    """Show a widget in this cell's output; `picture` is what it is without widgets."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return WidgetOnPage(widget, show_lasting(picture, {MIME: view}))


def _close(widget: DOMWidget) -> None:
    """With all that is in it, so that none of it is kept in the notebook's metadata."""
    for child in widget.children if isinstance(widget, Box) else ():
        _close(child)
    widget.close()
