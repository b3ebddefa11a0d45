"""A confirmed change as its record has it."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.plan import Plan
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """The plan that was made, and the host's state before and after it."""

    change_id: str
    plan: Plan
    before: Snapshot
    after: Snapshot
