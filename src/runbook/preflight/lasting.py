"""What the next boot would make of the host, once the plan is made."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.forecast import after_plan
from runbook.plan.forecast.boot import rehearse
from runbook.preflight.finding import Case, Finding, looked_for

WHY = "if a reboot loses the change, the host is cut off later, when nobody watches"


@looked_for("the next boot", "after the next boot the host would be as promised", WHY)
def _boot(case: Case) -> Iterator[Finding]:
    after = after_plan.after(case.plan, case.snapshot)
    for found in (step.effect for step in rehearse(case.plan.of_host, after)):
        if found.required and not found.kept:
            seen = f"{found.about}: {found.does}; needed: {found.promised}"
            yield Finding("block", "the next boot", seen, WHY, found.then)


RULES = (_boot,)
