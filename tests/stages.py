"""The stages of a change, taken a few at a time."""

from __future__ import annotations

from runbook.guest.sessions import GuestSessions
from runbook.plan.plan import Plan
from runbook.run import pipeline
from runbook.run.session import ChangeSession, Ready, Session
from runbook.run.subject import UnjudgedPlan
from runbook.state.snapshot import Snapshot


def draft(session: Session, before: Snapshot) -> UnjudgedPlan:
    """What there is to do."""
    return pipeline.plan(session, before)


def ready(session: Session) -> Ready:
    """A change that may be armed; there has to be something to do."""
    found = pipeline.dry_run(session)
    assert not isinstance(found, Plan), "there is nothing to do"
    return found


def sessions(session: ChangeSession) -> GuestSessions:
    """What is open into the guests of the change."""
    (guests,) = session.subject.guest_sessions
    return guests
