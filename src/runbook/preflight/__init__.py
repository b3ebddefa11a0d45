"""Plan x Snapshot -> Cleared, or Refused with every finding that speaks against it. Pure."""

from __future__ import annotations

from runbook.preflight.finding import Case, Cleared, Finding, Level, RefusedByPreflight
from runbook.preflight.identity import refuse_another_machine
from runbook.preflight.judge import RULES, preflight

__all__ = [
    "RULES",
    "Case",
    "Cleared",
    "Finding",
    "Level",
    "RefusedByPreflight",
    "preflight",
    "refuse_another_machine",
]
