"""What one stage hands to the next: the session, a cleared plan, an armed change."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.apply.checkpoint import Armed
from runbook.params import NOTHING_SAID, ChangeRequest, KnownHost, Params
from runbook.preflight import Cleared
from runbook.run.subject import PipelineSubject
from runbook.run.subject_host import HOST
from runbook.state.host.probes import Probed
from runbook.transport.connect import Visit


@dataclass(frozen=True, slots=True)
class HostSession(Visit):
    """One run against one host: enough to read the host."""

    params: KnownHost


@dataclass(frozen=True, slots=True)
class ChangeSession(HostSession):
    """The same with the subject of the change: enough to end a change.

    The subject is the host itself, unless guests are named.
    """

    subject: PipelineSubject = HOST


@dataclass(frozen=True, slots=True)
class Session(ChangeSession):
    """The same with all parameters: enough to make a change."""

    params: Params
    change_request: ChangeRequest = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Ready:
    """A cleared plan, and the probes before it."""

    cleared: Cleared
    probed: Probed


@dataclass(frozen=True, slots=True)
class Underway:
    """An armed change, and the probes that have to answer again after it."""

    armed: Armed
    probed: Probed
