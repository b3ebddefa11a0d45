"""The one way onto the page of a notebook, and, outside of one, onto the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from IPython.display import display

from runbook.views.picture import Picture


class _Bundle(dict[str, object]):
    """One output in several types; a terminal prints the plain text."""

    def __str__(self) -> str:
        return str(self["text/plain"])


def show(*things: object) -> None:
    """Show pictures, or widgets, in this cell's output."""
    display(*things)  # type: ignore[no-untyped-call]  # IPython has no annotation here


def show_with(picture: Picture, extra: Mapping[str, object]) -> None:
    """Show a picture, with machine-readable data beside it in the same output."""
    bundle = _Bundle({"text/plain": repr(picture), "text/html": picture.html(), **extra})
    display(bundle, raw=True)  # type: ignore[no-untyped-call]  # likewise
