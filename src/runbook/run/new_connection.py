"""The new connection for verification and confirmation.

A host may let in only so many new connections in some seconds, and drop the one that is to prove
the change. While the connection from before still answers, that is likelier than a host that the
change cut off, so it is tried once more.
"""

from __future__ import annotations

from runbook.apply.checkpoint import Armed
from runbook.common.errors import ConnectionLost, MendAccess
from runbook.plan.plan import MARGIN_S, VERIFY_BUDGET_S
from runbook.run.session import ChangeSession
from runbook.transport.host import Host

# Most limits count over 30 s, and some begin anew at every connection that they drop.
PAUSE_S = 35.0
CONNECT_S = 10.0


def new_connection(session: ChangeSession, armed: Armed) -> Host:
    """Connect; if that fails, wait and try once more if the deadline leaves time for it."""
    try:
        return session.connect()
    except ConnectionLost:
        if not (_time_left(session, armed) and _answers(session.host)):
            raise
    session.clock.sleep(PAUSE_S)
    return session.connect()


def _time_left(session: ChangeSession, armed: Armed) -> bool:
    remaining_s = (armed.deadline - session.clock.now()).total_seconds()
    return remaining_s > PAUSE_S + CONNECT_S + VERIFY_BUDGET_S + MARGIN_S


def _answers(host: Host) -> bool:
    try:
        return host.query(("true",)).returncode == 0
    except MendAccess:
        return False
