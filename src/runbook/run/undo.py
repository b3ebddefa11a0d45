"""The undo of a host and of the guests that its change was about, told as one.

The guests come after the host: one that had its address by DHCP asks for it at
once, and has to ask on the network that lent it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from runbook.apply.checkpoint.layout import Layout
from runbook.apply.rollback import Connect, NotCompared, Rollback
from runbook.apply.steps import journal
from runbook.common.clock import Clock
from runbook.common.errors import GoToTheConsole, MendAccess, StepFailed
from runbook.guest.sessions import PutBack, Within
from runbook.transport.host import Host


@dataclass(frozen=True, slots=True)
class Both:
    """A change of a host and its guests; `host_undone` is False where only the lock goes.

    Of a host that is not undone, a guest that has confirmed keeps its part.
    """

    within: Within
    place: Layout
    connect: Connect
    clock: Clock
    host_undone: bool = True


def put_back(both: Both, undo: Callable[[], Rollback]) -> Rollback:
    """Have the host undone by `undo`, then the guests; what is not so is told with the rest.

    Whatever GoToTheConsole `undo` raises tells of the guests too.
    """
    try:
        undone = undo()
    except GoToTheConsole as error:
        # Only of these it is known that the host's own part is gone.
        found = _guests(both, confirmed_too=both.host_undone and isinstance(error, NotCompared))
        error.what = "\n  - ".join((error.what, *found.failed))
        raise
    good = undone.differences.empty and not undone.failed
    found = _guests(both, confirmed_too=both.host_undone, host_as_before=good)
    return replace(undone, guests=found.failed)


def _guests(both: Both, *, confirmed_too: bool, host_as_before: bool = False) -> PutBack:
    try:
        # The connection from before the change may be dead.
        with closing(both.connect()) as fresh:
            found = both.within.undo(fresh, confirmed_too=confirmed_too)
            _note(both, fresh, found, host_as_before=host_as_before)
            return found
    except MendAccess as error:
        return PutBack((f"the guests were not looked at: {error.what}",))


def _note(both: Both, fresh: Host, found: PutBack, *, host_as_before: bool) -> None:
    """Whoever comes later reads of both, and that all is as before of both only."""
    differs = journal.UNLIKE if host_as_before else journal.DIFFERS
    said = f"{differs}: " + "\n".join(found.failed) if found.failed else ""
    if said or host_as_before:
        said = said or journal.AS_BEFORE
        # Wanted in the history, and no condition for what is told now.
        with suppress(StepFailed, MendAccess):
            journal.write(fresh, both.place.journal, both.clock.now(), said)
