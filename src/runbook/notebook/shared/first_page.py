"""The card at the top of a run: how far it is, and at the end what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from IPython.core.getipython import get_ipython

from runbook.records import card
from runbook.records.card import Card, Progress
from runbook.records.predicate import Begun
from runbook.views import Slot
from runbook.views.first_page import data, first_page


@dataclass(slots=True)
class FirstPage:
    """One output, drawn anew at each stage; nothing until the record begins."""

    slot: Slot = field(default_factory=Slot)
    shown: Card | None = None
    placed: bool = False
    _begun: tuple[Begun, str] | None = None

    def place(self) -> None:
        """Show it in the cell that is at work; a terminal, which takes nothing back, has none."""
        self.placed = True
        if get_ipython() is not None:
            self.slot.place()

    def begin(self, begun: Begun, folder: str) -> None:
        """A run begins, with its record in this folder."""
        self._begun = begun, folder
        self.go_on(lambda: Progress("in progress", "begun", begun.begun))

    def go_on(self, progress: Callable[[], Progress]) -> None:
        """Say how far the run is; an error in that is less than the run."""
        if self._begun is None or (self.shown and self.shown.state == "ended"):
            return
        with suppress(Exception):
            begun, folder = self._begun
            self.draw(card.running(begun, folder, progress()))

    def draw(self, card: Card) -> None:
        """Show this card from now on."""
        self.shown = card
        self.slot.draw_with(first_page(card), data(card))
