"""The one way onto the page of a notebook, and, outside of one, onto the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from IPython.display import DisplayHandle, display

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
    display(_bundle(picture, extra), raw=True)  # type: ignore[no-untyped-call]  # likewise


def show_lasting(picture: Picture, extra: Mapping[str, object]) -> DisplayHandle | None:
    """The same, with a handle to put something else in its place; None where there is no page."""
    bundle = _bundle(picture, extra)
    handle: DisplayHandle | None = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # likewise
    return handle


def _bundle(picture: Picture, extra: Mapping[str, object]) -> _Bundle:
    return _Bundle({"text/plain": repr(picture), "text/html": picture.html(), **extra})
