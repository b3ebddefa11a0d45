"""Whether a host that was changed is still as promised some time later."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import HostEnd
from runbook.params import known_host
from runbook.records.audit.drift import Severity
from runbook.records.audit.keep import keep
from runbook.records.audit.look import Audit, audit
from runbook.run.standing import open_host_session


def audited(end: HostEnd, folder: Path, outputs: Path, clock: Clock) -> HostEnd:
    """Its end, as an audit sees it now; a host that cannot be asked is unknown."""
    try:
        session = open_host_session(known_host(folder, {"host": end.host}), clock)
        with closing(session.host):
            found = audit(session, outputs)
            keep(found, session, outputs)
    except RunbookError as error:
        said = f"it was confirmed, and the audit after it failed: {error.what}"
        return end.model_copy(update={"end": FleetEnd.UNKNOWN, "said": said})
    return judged(end, found)


def judged(end: HostEnd, audited: Audit) -> HostEnd:
    """What is harmless stops no fleet."""
    serious = [drift for drift in audited.drifts if drift.severity is not Severity.HARMLESS]
    if not serious:
        return end.model_copy(update={"end": FleetEnd.AS_PROMISED, "said": audited.said})
    return end.model_copy(
        update={
            "end": FleetEnd.DRIFTED,
            "said": audited.said,
            "finding": f"{serious[0].meaning}; {serious[0].then}",
        }
    )
