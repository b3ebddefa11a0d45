"""An armed change as the cells and the buttons share it: what is applied, verified, confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from runbook.apply.confirm import Confirmed, Verified
from runbook.apply.phases import Applied
from runbook.run.session import Session, Underway
from runbook.transport.host import Host


class Watcher(Protocol):
    """Shows the change while it is made: the countdown and the answers of the host."""

    def place(self, phase: str = "") -> None:
        """Show the state of the change in the cell that makes this phase."""

    def moment(self, action: str) -> None:
        """Mark this moment with a word."""

    def end(self) -> None:
        """The change is over: stop asking the host."""

    def leave(self) -> None:
        """Stop: another watcher goes on from here."""


@dataclass(slots=True)
class Nobody:
    """A watcher that shows nothing."""

    def place(self, phase: str = "") -> None:
        """Show nothing."""
        del phase

    def moment(self, action: str) -> None:
        """Mark nothing."""
        del action

    def end(self) -> None:
        """Nothing has to stop."""

    def leave(self) -> None:
        """Nothing has to stop."""


@dataclass(slots=True)
class SharedChange:
    """The change so far; `why` has the reason once somebody asked for the undo."""

    underway: Underway
    session: Session
    applied: Applied | None = None
    verified: Verified | None = None
    confirmed: Confirmed | None = None
    why: str = ""
    # The connection over which the change was confirmed, for the state after it.
    fresh: Host | None = None
    watcher: Watcher = field(default_factory=Nobody)

    @contextmanager
    def hold(self, host: Host) -> Iterator[Host]:
        """Keep the connection if all goes well with it, and close it otherwise."""
        try:
            yield host
        except BaseException:
            host.close()
            raise
        self.fresh = host

    def hand_on(self) -> Host | None:
        """The connection that was kept, once: who takes it closes it."""
        fresh, self.fresh = self.fresh, None
        return fresh
