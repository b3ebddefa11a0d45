"""A host whose run did not say how it ended is asked; nothing is tried again blindly."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import HostEnd
from runbook.params import known_host
from runbook.run.standing import HostStatus, open_host_session, read_standing

_ENDS = {
    "confirmed": FleetEnd.AS_PROMISED,
    "undone": FleetEnd.AS_BEFORE,
    "stood down": FleetEnd.AS_BEFORE,
}
# A host that undoes a change does not answer for some seconds, and needs some to undo it.
SILENT_S, UNDO_S, PAUSE_S = 30.0, 60.0, 3.0


def settled(host: str, since: datetime, folder: Path, clock: Clock) -> HostEnd:
    """As `ask`, once the host has undone by itself what is armed on it; waits for its deadline."""
    end = clock.monotonic() + SILENT_S
    known_deadline = False
    while True:
        status, found = _asked(host, since, folder, clock)
        left_s = _undone_within(status)
        if left_s is not None and not known_deadline:
            known_deadline, end = True, clock.monotonic() + left_s + UNDO_S
        waits = left_s is not None or status is None
        if not waits or clock.monotonic() >= end:
            return found
        clock.sleep(PAUSE_S)


def ask(host: str, since: datetime, folder: Path, clock: Clock) -> HostEnd:
    """How the host stands after a run that began at `since` and did not say how it ended."""
    return _asked(host, since, folder, clock)[1]


def _asked(
    host: str, since: datetime, folder: Path, clock: Clock
) -> tuple[HostStatus | None, HostEnd]:
    try:
        session = open_host_session(known_host(folder, {"host": host}), clock)
        with closing(session.host):
            status = read_standing(session)
    except RunbookError as error:
        said = f"the run did not say how it ended, and the host was not asked: {error.what}"
        return None, HostEnd(host=host, end=FleetEnd.UNKNOWN, said=said)
    return status, judge(status, since)


def _undone_within(status: HostStatus | None) -> float | None:
    """In how many seconds the host undoes what is armed; None if it will not, or nothing is."""
    if status is None or status.armed is None or status.armed.stale:
        return None
    return status.armed.countdown.left_s or 0.0


def judge(status: HostStatus, since: datetime) -> HostEnd:
    """What the host's own journal says of a change that began at `since` or later."""
    host, said = status.host, "; ".join(status.describe())
    if status.armed:
        return HostEnd(host=host, end=FleetEnd.ARMED, said=said)
    change = status.ended
    # A change's number begins with the moment at which its run began.
    if change is None or change.checkpoint.place.change_id < f"{since:%Y%m%dT%H%M%SZ}":
        return HostEnd(
            host=host, end=FleetEnd.AS_BEFORE, said="the run ended before it armed a change"
        )
    return HostEnd(host=host, end=_ENDS.get(change.end, FleetEnd.UNKNOWN), said=said)


def in_words(host: str, folder: Path, clock: Clock) -> str:
    """What is on the host now, in a sentence for somebody who is about to leave it alone."""
    status, end = _asked(host, clock.now(), folder, clock)
    if status is None:
        return f"{host}: not known, it does not answer. If it is armed, it undoes the change itself"
    if status.armed is None:
        return f"{host}: nothing is armed"
    if status.armed.undoing:
        return f"{host}: armed; its undo is at work"
    left_s = _undone_within(status)
    if left_s is None:
        return f"{host}: {end.said}"
    return f"{host}: armed; it undoes the change by itself within {left_s:.0f} s"
