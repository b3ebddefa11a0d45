"""The undo, run by the operator's program, and the host compared with its snapshot.

The script is started as a unit of its own, so that it goes on when the
connection that asked for it breaks; this program then waits to see the host
again, over as many new connections as it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from runbook import journal
from runbook.checkpoint import layout, timer
from runbook.checkpoint.arm import Armed
from runbook.clock import Clock
from runbook.confirm import disarm
from runbook.errors import GoToTheConsole, MendAccess
from runbook.perform import run
from runbook.state.diff import Diff, compare
from runbook.state.snapshot import Snapshot, take
from runbook.transport.host import Host

# Beyond the deadline: an undo that has to restart a hung libvirt takes this long.
PATIENCE_S = 120.0
PAUSE_S = 1.0
Connect = Callable[[], Host]


@dataclass(frozen=True, slots=True)
class Rollback:
    """An undo that ended: why it was run, and the rows in which the host still differs."""

    why: str
    after: Snapshot
    differences: Diff
    log: str


def roll_back(armed: Armed, host: Host, connect: Connect, clock: Clock, why: str) -> Rollback:
    """Run the undo, wait for its end, compare.

    Raises GoToTheConsole when the host is not seen again, or the undo does not end.
    """
    _ask(armed, host, connect, clock)
    fresh = _wait(armed, connect, clock)
    log = journal.read(fresh, armed.layout.journal).text
    after = take(fresh, clock.now())
    disarm(armed, fresh)
    return Rollback(why, after, compare(armed.cleared.before, after), log)


def _ask(armed: Armed, host: Host, connect: Connect, clock: Clock) -> None:
    command = timer.run_now(armed.layout, f"{clock.now():%H%M%S}")
    try:
        run(command, host)
    except MendAccess:
        # Still out of reach: the timer on the host will run the same script.
        with suppress(MendAccess), closing(connect()) as fresh:
            run(command, fresh)


def _wait(armed: Armed, connect: Connect, clock: Clock) -> Host:
    end = clock.monotonic() + armed.plan.deadline_s + PATIENCE_S
    while clock.monotonic() < end:
        try:
            host = connect()
            if not host.glob(layout.ARMED):
                return host
            host.close()
        except MendAccess:
            pass
        clock.sleep(PAUSE_S)
    raise GoToTheConsole(
        "the undo was asked for, and the host was not seen to finish it",
        host=armed.plan.host,
        state="not known: it does not answer, or its undo did not end",
        then=f"at its console: sh {armed.undo_path}; then read {armed.layout.journal}",
    )
