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


def ask(host: str, since: datetime, folder: Path, clock: Clock) -> HostEnd:
    """How the host stands after a run that began at `since` and did not say how it ended."""
    try:
        session = open_host_session(known_host(folder, {"host": host}), clock)
        with closing(session.host):
            return judge(read_standing(session), since)
    except RunbookError as error:
        said = f"the run did not say how it ended, and the host was not asked: {error.what}"
        return HostEnd(host=host, end=FleetEnd.UNKNOWN, said=said)


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
