"""A change in hand: what was made of it, whether a cell or a button asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from runbook.apply.confirm import Confirmed, Verified
from runbook.apply.phases import Applied
from runbook.run.session import Session, Underway


class Watcher(Protocol):
    """Whoever looks on while the change is made."""

    def place(self, phase: str = "") -> None:
        """Show how it stands, in the cell that is at work on this phase."""

    def moment(self, what: str) -> None:
        """Something happens now."""

    def end(self) -> None:
        """The change is over: nothing is to be looked at any more."""

    def leave(self) -> None:
        """Somebody else looks on from here."""


@dataclass(slots=True)
class Nobody:
    """No one looks on."""

    def place(self, phase: str = "") -> None:
        """Show nothing."""
        del phase

    def moment(self, what: str) -> None:
        """Hear nothing."""
        del what

    def end(self) -> None:
        """Have nothing to end."""

    def leave(self) -> None:
        """Have nothing to leave."""


@dataclass(slots=True)
class Hand:
    """What is known of it so far; `why` is not empty once somebody asked for the undo."""

    underway: Underway
    session: Session
    applied: Applied | None = None
    verified: Verified | None = None
    confirmed: Confirmed | None = None
    why: str = ""
    watcher: Watcher = field(default_factory=Nobody)
