"""What one run hands from stage to stage: the session, a cleared plan, an armed change."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.apply.checkpoint import Armed
from runbook.params import KnownHost, Params
from runbook.preflight import Cleared
from runbook.run.subject import ChangeSubject
from runbook.run.subject_host import HOST
from runbook.state.host.probes import Probed
from runbook.transport.connect import Visit


@dataclass(frozen=True, slots=True)
class HostSession(Visit):
    """One run against one host, of which only the way to it is known: enough to look at it."""

    params: KnownHost


@dataclass(frozen=True, slots=True)
class ChangeSession(HostSession):
    """The same where it is known what the change is about: enough to end one.

    That is the host itself, unless guests are named.
    """

    subject: ChangeSubject = HOST


@dataclass(frozen=True, slots=True)
class Session(ChangeSession):
    """The same where it is known what is asked for: enough to make a change."""

    params: Params


@dataclass(frozen=True, slots=True)
class Ready:
    """A cleared plan, and what answered before it."""

    cleared: Cleared
    probed: Probed


@dataclass(frozen=True, slots=True)
class Underway:
    """An armed change, and what has to answer again after it."""

    armed: Armed
    probed: Probed
