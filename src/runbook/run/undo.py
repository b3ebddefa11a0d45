"""The undo of a host and then of its guests, with one result.

The guests come after the host. A guest with DHCP asks for its address at once, so its NIC has to
be on the network that lends that address.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from runbook.apply.await_undo import Connect
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.apply.rollback import NotCompared, Rollback
from runbook.apply.steps import journal
from runbook.common.clock import Clock
from runbook.common.errors import GoToTheConsole, MendAccess, StepFailed
from runbook.guest.sessions import GuestSessions
from runbook.transport.host import Host


@dataclass(frozen=True, slots=True)
class UndoConnection:
    """The change's folder on the host, and how to connect to that host.

    `host_undone` is False if only the lock is removed: a guest that has confirmed then keeps its
    part.
    """

    place: Layout
    connect: Connect
    clock: Clock
    host_undone: bool = True


def put_back_alone(
    not_compared: tuple[GuestDifference, ...], undo: Callable[[], Rollback]
) -> Rollback:
    """Undo the host by `undo`; `not_compared` are guests that runbook cannot look at."""
    return _told_together(undo, lambda _undone: not_compared)


def put_back(
    sessions: GuestSessions, way: UndoConnection, undo: Callable[[], Rollback]
) -> Rollback:
    """Undo the host by `undo`, then the guests; one result has the differences of both."""

    def guests(undone: Rollback | GoToTheConsole) -> tuple[GuestDifference, ...]:
        # Only of these it is known that the host's own part is gone.
        gone = isinstance(undone, Rollback | NotCompared)
        good = isinstance(undone, Rollback) and undone.differences.empty and not undone.failed
        confirmed_too = way.host_undone and gone
        return _guests(sessions, way, confirmed_too=confirmed_too, host_as_before=good)

    return _told_together(undo, guests)


def _told_together(
    undo: Callable[[], Rollback],
    guests: Callable[[Rollback | GoToTheConsole], tuple[GuestDifference, ...]],
) -> Rollback:
    """The result of the host's undo, with the differences that remain in its guests.

    A GoToTheConsole that `undo` raises lists the guests too.
    """
    try:
        undone = undo()
    except GoToTheConsole as error:
        raise error.telling(*(f"\n  - {found}" for found in guests(error))) from error
    return replace(undone, guests=(*undone.guests, *guests(undone)))


def _guests(
    sessions: GuestSessions, way: UndoConnection, *, confirmed_too: bool, host_as_before: bool
) -> tuple[GuestDifference, ...]:
    try:
        # The connection from before the change may be dead.
        with closing(way.connect()) as fresh:
            found = sessions.undo(fresh, confirmed_too=confirmed_too)
            _note(way, fresh, found, host_as_before=host_as_before)
            return found
    except MendAccess as error:
        text = f"the guests were not looked at: {error.what}"
        return (GuestDifference("", DifferenceKind.NOT_COMPARED, text),)


def _note(
    way: UndoConnection,
    fresh: Host,
    differences: tuple[GuestDifference, ...],
    *,
    host_as_before: bool,
) -> None:
    """Write the result into the change's journal: as before only if host and guests both are."""
    differs = journal.UNLIKE if host_as_before else journal.DIFFERS
    said = f"{differs}: " + "\n".join(map(str, differences)) if differences else ""
    if said or host_as_before:
        said = said or journal.AS_BEFORE
        # Wanted in the history, and no condition for what is told now.
        with suppress(StepFailed, MendAccess):
            journal.write(fresh, way.place.journal, way.clock.now(), said)
