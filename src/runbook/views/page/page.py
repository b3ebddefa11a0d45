"""The ways onto the page of a notebook, and, outside of one, onto the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from runbook.views.page.picture import Picture, stack


class _Bundle(dict[str, object]):
    """One output in several types; a terminal prints the plain text."""

    def __str__(self) -> str:
        return str(self["text/plain"])


class Output(Protocol):
    """Where pictures go."""

    def show(self, *pictures: Picture) -> None:
        """Show them, one below the other."""

    def show_with(self, picture: Picture, extra: Mapping[str, object]) -> None:
        """Show a picture, with machine-readable data beside it in the same output."""


class Cell:
    """The output of the cell that is at work."""

    def show(self, *pictures: Picture) -> None:
        """Show them, each as an output of its own."""
        show(*pictures)

    def show_with(self, picture: Picture, extra: Mapping[str, object]) -> None:
        """Show a picture, with machine-readable data beside it in the same output."""
        show_with(picture, extra)


class Slot:
    """One output that can be drawn anew at any time, from any thread, in every cell that shows it.

    A thread of its own has no cell; what it has to show goes here.
    """

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython has none
        self._shown: list[Picture] = []
        self._extra: Mapping[str, object] = {}
        self._placed = False

    @property
    def shown(self) -> tuple[Picture, ...]:
        """What it shows now."""
        return tuple(self._shown)

    def place(self) -> None:
        """Show it in the cell that is at work, as it is now."""
        self._placed = True
        self._handle.display(self._bundle(), raw=True)  # type: ignore[no-untyped-call]  # likewise

    def draw(self, *pictures: Picture) -> None:
        """Show these instead of what was there."""
        self._shown, self._extra = list(pictures), {}
        self._update()

    def draw_with(self, picture: Picture, extra: Mapping[str, object]) -> None:
        """Show this instead of what was there, with machine-readable data beside it."""
        self._shown, self._extra = [picture], extra
        self._update()

    def show(self, *pictures: Picture) -> None:
        """Show these below what is there."""
        self._shown += pictures
        self._update()

    def show_with(self, picture: Picture, extra: Mapping[str, object]) -> None:
        """Show a picture below what is there, with machine-readable data beside it."""
        self._extra = {**self._extra, **extra}
        self.show(picture)

    def _update(self) -> None:
        # A terminal cannot take back what it printed.
        if not self._placed or get_ipython() is None:
            return
        self._handle.update(self._bundle(), raw=True)  # type: ignore[no-untyped-call]  # likewise

    def _bundle(self) -> _Bundle:
        whole = stack(self._shown)
        return _Bundle({"text/plain": repr(whole), "text/html": whole.html(), **self._extra})


CELL = Cell()


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
