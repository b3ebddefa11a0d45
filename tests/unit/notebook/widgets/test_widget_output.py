from __future__ import annotations

from typing import Any

import pytest
from ipywidgets import Text, VBox

from runbook.notebook.widgets import show_widget, widget_output
from runbook.views import note


class Page:
    """What would be sent to a front end."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def __call__(self, thing: Any, **_: object) -> Page:  # noqa: ANN401
        self.sent.append(thing)
        return self

    def update(self, thing: Any) -> None:  # noqa: ANN401
        self.sent.append(thing)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    made = Page()
    monkeypatch.setattr("runbook.views.page.page.display", made)
    return made


def test_a_widget_is_shown_with_a_picture_for_where_there_are_no_widgets(page: Page) -> None:
    widget = VBox([Text(value="a")])
    show_widget(widget, note("a <b>"))
    (bundle,) = page.sent
    assert bundle[widget_output.MIME]["model_id"] == widget.model_id
    assert "a &lt;b&gt;" in bundle["text/html"]
    assert str(bundle) == bundle["text/plain"] == "a <b>"


def test_a_settled_widget_leaves_nothing_but_its_picture(page: Page) -> None:
    inner = Text(value="a")
    widget = VBox([inner])
    show_widget(widget, note("a")).freeze(note("b"))
    assert repr(page.sent[-1]) == "b"
    assert widget.comm is None
    assert inner.comm is None
