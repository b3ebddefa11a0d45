"""What `runbook fleet` prints: tables, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from runbook import views
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import HostEnd, LedgerState
from runbook.views import Look

COLUMNS = ["host", "end", "seconds", "why"]


def table(caption: str, ends: Iterable[HostEnd]) -> str:
    """One row a host."""
    rows = [(e.host, str(e.end), round(e.seconds), _why(e)) for e in ends]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return repr(views.table(frame, Look(caption, limit=max(len(rows), 1), unit="host")))


def refused(ends: Sequence[HostEnd]) -> str:
    """Why nothing was changed."""
    names = ", ".join(end.host for end in ends)
    return (
        f"Nothing was changed on any host, because preflight refuses {names}.\n"
        "Mend what it names, leave those hosts out, or give --despite-refusals."
    )


def last_word(state: LedgerState, fleet_id: str) -> str:
    """How many are done, and how to go on with the others."""
    done = sum(end.end.settled for end in state.ended.values())
    left = [host for host in state.plan.hosts if not state.is_settled(host)]
    if not left:
        return f"All {done} hosts are as promised."
    failed = ", ".join(f"{end.host} ({end.end})" for end in state.failures) or "none"
    return (
        f"{done} of {len(state.plan.hosts)} hosts are as promised; failed: {failed}.\n"
        f"To go on with the other {len(left)}: runbook fleet --resume {fleet_id}"
    )


def first_interrupt(at_work: str) -> str:
    """After the first Ctrl-C."""
    return (
        f"No further host begins. At work: {at_work}; these runs go on to their end.\n"
        "Ctrl-C again has them undo their change."
    )


def second_interrupt(at_work: str) -> str:
    """After the second."""
    return (
        f"The runs at work are told to undo: {at_work}. Each of these hosts is armed until its undo"
        " has ended, and undoes the change by itself at its deadline.\n"
        "Ctrl-C again leaves them to that."
    )


def third_interrupt(at_work: str, fleet_id: str) -> str:
    """After the third."""
    return (
        f"Left alone: {at_work}. `runbook status HOST` says how each stands.\n"
        f"To go on later: runbook fleet --resume {fleet_id}"
    )


def _why(end: HostEnd) -> str:
    return "" if end.end in (FleetEnd.AS_PROMISED, FleetEnd.NOTHING_TO_DO) else end.said
