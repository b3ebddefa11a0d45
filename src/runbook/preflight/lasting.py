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
    for effect in (step.effect for step in rehearse(case.plan.of_host, after)):
        if effect.required and not effect.kept:
            current = f"{effect.about}: {effect.does}; needed: {effect.promised}"
            yield Finding("block", "the next boot", current, WHY, effect.then)


RULES = (_boot,)
