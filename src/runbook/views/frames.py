"""DataFrames of what a plan, a journal, a verdict and a boot say: for pages and for cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields

from runbook.apply.steps.journal import Journal, JournalRow
from runbook.common.later import pd
from runbook.plan.forecast.boot_effect import BootEffect, BootStep
from runbook.plan.plan import Plan, StepRow
from runbook.plan.promise.check import Check
from runbook.state.table import frame


def steps(plan: Plan) -> pd.DataFrame:
    """One row a step: step (number), phase, what, from, to, undo."""
    return frame(StepRow, plan.rows()).rename(columns={"before": "from", "after": "to"})


def journal(log: Journal) -> pd.DataFrame:
    """One row a step that was begun: step (number), what, began, ended (UTC)."""
    return frame(JournalRow, log.rows())


def checks(results: Iterable[Check]) -> pd.DataFrame:
    """One row a check: about, promised, seen, kept, required."""
    columns = [field.name for field in fields(Check)]
    return pd.DataFrame([asdict(check) for check in results], columns=columns)


def boot(steps: Iterable[BootStep]) -> pd.DataFrame:
    """One row a step: order, what, reads, wanted, does, kept, then, required."""
    columns = ["order", *(field.name for field in fields(BootEffect))]
    return pd.DataFrame([{"order": s.order, **asdict(s.effect)} for s in steps], columns=columns)
