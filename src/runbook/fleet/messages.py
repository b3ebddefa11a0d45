"""What `runbook fleet` prints: tables, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from runbook import views
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import HostEnd, LedgerState
from runbook.fleet.page import INDEX, in_time
from runbook.fleet.progress import FleetProgress
from runbook.views import Look
from runbook.views.grid import Grid
from runbook.views.tables import counted

COLUMNS = ["host", "end", "seconds", "why"]


def table(caption: str, ends: Iterable[HostEnd]) -> str:
    """One row a host."""
    rows = [(e.host, str(e.end), round(e.seconds), _why(e)) for e in ends]
    shown = Grid.of(COLUMNS, rows)
    return repr(views.table(shown, Look(caption, limit=max(len(rows), 1), unit="host")))


def refused(ends: Sequence[HostEnd]) -> str:
    """Why nothing was changed."""
    names = ", ".join(end.host for end in ends)
    return (
        f"Nothing was changed on any host, because preflight refuses {names}.\n"
        "Mend what it names, leave those hosts out, or give --despite-refusals."
    )


def refused_of(planned: Mapping[str, HostEnd]) -> list[HostEnd]:
    """The hosts that may not be changed."""
    return [end for end in planned.values() if not end.end.good]


def ends(state: LedgerState) -> list[HostEnd]:
    """How each host ended, in the order of the batches."""
    return [state.ended[host] for host in state.plan.hosts if host in state.ended]


def began(state: LedgerState, folder: Path) -> str:
    """Where the run is to be looked at."""
    return (
        f"{counted(len(state.plan.hosts), 'host')}; the folder of this fleet run is {folder}\n"
        f"Its progress is in {folder / INDEX}"
    )


def at_work(found: FleetProgress) -> str:
    """A line for each host at work, and one for all."""
    lines = [
        f"  {e.host}: {e.stage or 'begins'}, {in_time(e.took_s)} so far{_left(e.left_s)}"
        for e in found.at_work
    ]
    whole = f"{found.done} of {len(found.hosts)} hosts are done{_left(found.left_s)}"
    return "\n".join([whole, *lines])


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f", about {in_time(seconds)} left"


def last_word(state: LedgerState, folder: Path) -> str:
    """How many are done, and how to go on with the others."""
    done = sum(end.end.settled for end in state.ended.values())
    left = [host for host in state.plan.hosts if not state.is_settled(host)]
    page = f"The summary is {folder / INDEX}"
    if not left:
        return f"All {done} hosts are as promised.\n{page}"
    failed = "".join(f"\n  {_failure(end)}" for end in state.failures)
    return (
        f"{done} of {len(state.plan.hosts)} hosts are as promised; failed:{failed or ' none'}\n"
        f"{page}\n"
        f"To go on with the other {len(left)}: runbook fleet --resume {folder.name}"
    )


def _failure(end: HostEnd) -> str:
    record = f"; its record is {end.folder}" if end.folder else ""
    return f"{end.host} ({end.end}): {end.finding or end.said}{record}"


def first_interrupt(at_work: str) -> str:
    """After the first Ctrl-C."""
    return (
        f"No further host begins. At work: {at_work}; these runs go on to their end.\n"
        "Ctrl-C again has them undo their change."
    )


def second_interrupt(at_work: str) -> str:
    """After the second."""
    return (
        f"The runs at work are told to undo: {at_work}. A host that is armed stays so until its"
        " undo has ended, and undoes the change by itself at its deadline.\n"
        "Each of them is asked now what is armed on it. Ctrl-C again leaves them to that."
    )


def third_interrupt(at_work: str, fleet_id: str) -> str:
    """After the third."""
    return (
        f"Left alone: {at_work}. `runbook status HOST` says how each stands.\n"
        f"To go on later: runbook fleet --resume {fleet_id}"
    )


def _why(end: HostEnd) -> str:
    return "" if end.end in (FleetEnd.AS_PROMISED, FleetEnd.NOTHING_TO_DO) else end.said
