"""The findings of preflight's rules, what a rule may look at, and the result.

Four levels. `ok`: looked for, and found fine. `note`: worth knowing, nothing
to decide. `consent`: a risk that only the operator can judge, or a state that
defeats what the change is for; it stands in the way unless its name is in
`params.consent`. `block`: a state that the undo
could not bring back, or that the change does not know how to carry over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Literal, Protocol, TypeVar

from runbook.common.errors import Refused
from runbook.params import Params
from runbook.plan.plan import Plan
from runbook.state.host.environment import Surroundings
from runbook.state.snapshot import Snapshot

Level = Literal["ok", "note", "consent", "block"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: what was seen, why it matters, what to do.

    `name` is what a 'consent' is given by in `params.consent`, `given` whether it is. `field` is
    the parameter that a form marks with it, '' for none.
    """

    level: Level
    about: str
    seen: str
    why: str
    then: str = ""
    name: str = ""
    given: bool = False
    field: str = ""

    @property
    def against(self) -> bool:
        """Whether it stands in the way of the change."""
        return self.level == "block" or (self.level == "consent" and not self.given)


class CaseWithoutPlan(Protocol):
    """Parameters and snapshot: all that some rules need, before there is a plan."""

    @property
    def params(self) -> Params:
        """What is wanted."""

    @property
    def snapshot(self) -> Snapshot:
        """The host as it is."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules may look at."""

    params: Params
    plan: Plan
    snapshot: Snapshot
    around: Surroundings


@dataclass(frozen=True, slots=True)
class Cleared:
    """A plan that may be armed, with what was found on the way."""

    plan: Plan
    before: Snapshot
    findings: tuple[Finding, ...]


class RefusedByPreflight(Refused):
    """Refused, with the findings that say why."""

    def __init__(self, host: str, findings: tuple[Finding, ...]) -> None:
        """List the findings that refuse the change."""
        against = [f for f in findings if f.against]
        lines = "\n".join(f"  - {f.about}: {f.seen}\n    {f.why}\n    {f.then}" for f in against)
        count = f"{len(against)} finding{'' if len(against) == 1 else 's'}"
        super().__init__(
            f"preflight refuses the change, {count}:\n{lines}",
            host=host,
            state="nothing was written",
            then="do what each finding says, then run again",
        )
        self.findings = findings


Rule = Callable[[Case], Iterator[Finding]]
C = TypeVar("C")


def looked_for(
    about: str, fine: str, why: str
) -> Callable[[Callable[[C], Iterator[Finding]]], Callable[[C], Iterator[Finding]]]:
    """A rule that finds nothing says `fine`, so that the operator sees that it was asked."""

    def decorate(rule: Callable[[C], Iterator[Finding]]) -> Callable[[C], Iterator[Finding]]:
        @wraps(rule)
        def judge(case: C) -> Iterator[Finding]:
            findings = tuple(rule(case))
            yield from findings or (Finding("ok", about, fine, why),)

        return judge

    return decorate
