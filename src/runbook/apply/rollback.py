"""The undo, run by the operator's program, and the host compared with its snapshot.

The script is started as a unit of its own, so that it goes on when the
connection that asked for it breaks. `await_undo` asks for it and waits for its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runbook.apply.await_undo import PAUSE_S, Connect, UndoRequest, in_part
from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.guest_difference import GuestDifference
from runbook.apply.steps import journal
from runbook.apply.steps.journal import Journal
from runbook.common.clock import Clock
from runbook.common.errors import GoToTheConsole
from runbook.plan.promise.guests import GuestPromise
from runbook.state.diff import Diff, compare
from runbook.state.kernel_modules import loaded_since
from runbook.state.snapshot import Snapshot, take
from runbook.state.tap_names import named_as
from runbook.transport.host import Host

# Beyond the deadline: an undo that has to restart a hung libvirt takes this long.
PATIENCE_S = 120.0
SETTLE_S = 10.0
RAN = "the undo ran"


@dataclass(frozen=True, slots=True)
class WayBack:
    """The undo on a host, how long it may be until it ends, and what it is held against.

    `guests`: whether the change was about guests, who are looked at after the host. `did` says
    in an error how the change ended.
    """

    host: str
    layout: Layout
    patience_s: float
    before: Snapshot | None
    guests: bool = False
    did: str = RAN


@dataclass(frozen=True, slots=True)
class Rollback:
    """An undo that ended: why it was run, and the rows in which the host still differs.

    `failed`: what the undo itself says that it could not put back, a line each. `guests`: what
    is not as before inside a guest, or was not compared there. `modules`: the kernel modules
    that were loaded since the state before; they stay loaded until the next boot.
    """

    why: str
    after: Snapshot
    differences: Diff
    log: str
    failed: tuple[str, ...] = ()
    guests: tuple[GuestDifference, ...] = ()
    modules: tuple[str, ...] = ()

    @property
    def as_before(self) -> bool:
        """Whether the host is as it was, row by row, and no undo has anything to add."""
        return self.differences.empty and not (self.failed or self.guests)


class NotCompared(GoToTheConsole):
    """The state before the change is unknown, so runbook cannot say whether it is restored."""

    def __init__(self, way: WayBack, after: Snapshot, log: str) -> None:
        """Keep the state after, so that it can be looked at."""
        super().__init__(
            f"{way.did}, and {way.layout.before} cannot be read, so nothing was compared",
            host=way.host,
            state="reachable; not known to be as before",
            then=f"look at the state shown, and at {way.layout.journal} on the host",
        )
        self.after = after
        self.log = log


def roll_back(armed: Armed, host: Host, connect: Connect, clock: Clock, why: str) -> Rollback:
    """Undo a change of this program; see `undo`."""
    remaining_s = (armed.deadline - clock.now()).total_seconds()
    patience = max(armed.plan.deadline_s, remaining_s) + PATIENCE_S
    guests = isinstance(armed.plan.promise, GuestPromise)
    way = WayBack(armed.plan.host, armed.layout, patience, armed.cleared.before, guests)
    return undo(way, host, connect, clock, why)


def undo(way: WayBack, host: Host, connect: Connect, clock: Clock, why: str) -> Rollback:
    """Run the undo, wait for its end, compare.

    Raises GoToTheConsole when the host is not seen again, when the undo does
    not end, or when the change had been confirmed; NotCompared without a `before`.
    """
    request = UndoRequest(way.host, way.layout, connect, clock)
    with request.ended(host, way.patience_s) as fresh:
        log = journal.read(fresh, way.layout.journal)
        undone = compare_with_before(way, fresh, clock, log, why)
    return replace(undone, failed=log.remarks()) if in_part(log) else undone


def compare_with_before(way: WayBack, host: Host, clock: Clock, log: Journal, why: str) -> Rollback:
    """Compare the host with its state before the change; the change's journal says the result.

    Raises NotCompared if that state cannot be read.
    """
    if way.before is None:
        raise NotCompared(way, take(host, clock.now()), log.text)
    after, differences = look_and_compare(way.before, host, clock)
    if log.text:
        _note_comparison(host, way, clock, differences, why)
    return Rollback(why, after, differences, log.text, modules=loaded_since(way.before, after))


def look_and_compare(before: Snapshot, host: Host, clock: Clock) -> tuple[Snapshot, Diff]:
    """The host as it is, and what differs once it had time to settle.

    A guest's port that still listens, an address that is still tentative: the
    kernel is at work on them for some seconds, and they are no difference.
    """
    end = clock.monotonic() + SETTLE_S
    while True:
        after = take(host, clock.now())
        differences = compare(before, named_as(before, after))
        if differences.empty or clock.monotonic() >= end:
            return after, differences
        clock.sleep(PAUSE_S)


def _note_comparison(host: Host, way: WayBack, clock: Clock, found_rows: Diff, why: str) -> None:
    """Have the change's journal say why it was undone, and how the host compares with before.

    Where there are guests, nobody is to read of this that all is as before.
    """
    good = journal.UNSEEN if way.guests else journal.AS_BEFORE
    said = good if found_rows.empty else f"{journal.DIFFERS}:\n{found_rows}"
    path, now = way.layout.journal, clock.now()
    if why:
        journal.write(host, path, now, f"{journal.BECAUSE}: {why}")
    journal.write(host, path, now, said)
