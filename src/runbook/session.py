"""What one run hands from stage to stage: the session, a cleared plan, an armed change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runbook.checkpoint import Armed
from runbook.clock import Clock
from runbook.params import Params
from runbook.preflight import Cleared
from runbook.probes import Probed
from runbook.transport.host import Host
from runbook.within import Within


@dataclass(frozen=True, slots=True)
class Session:
    """One run against one host: who asks for what, over which connection.

    `within` are the guests that the change is about, None where it is about the host.
    """

    params: Params
    host: Host
    operator: str
    change_id: str
    clock: Clock
    connect: Callable[[], Host]
    within: Within | None = None


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
