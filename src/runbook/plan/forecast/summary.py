"""What a plan comes to, counted: files, networks, kernel parameters, rules, guests, steps. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runbook.plan.changes.attach import AttachNetwork
from runbook.plan.changes.change import Change
from runbook.plan.changes.file_steps import EditFile, WriteFile
from runbook.plan.changes.firewall import TwinRule
from runbook.plan.changes.networks import CreateNetwork
from runbook.plan.changes.profile import AddRules, JumpFirst
from runbook.plan.changes.steps import Sysctl
from runbook.plan.plan import Plan
from runbook.plan.promise.guests import GuestPromise
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Summary:
    """Each by its name; `rules` are the firewall rules that are added at run time."""

    new: tuple[str, ...]
    edited: tuple[str, ...]
    networks: tuple[str, ...]
    sysctls: tuple[str, ...]
    rules: int
    guests: tuple[str, ...]
    steps: int
    deadline_s: int


def summary(plan: Plan, before: Snapshot) -> Summary:
    """The plan's numbers; a file that is on the host before counts as edited."""
    steps = [numbered.step for numbered in plan.steps()]
    paths = _once(step.path for step in steps if isinstance(step, WriteFile | EditFile))
    there = {row.path for row in before.rows(FileRow)}
    promise = plan.promise
    return Summary(
        tuple(path for path in paths if path not in there),
        tuple(path for path in paths if path in there),
        tuple(c.name for c in plan.changes if isinstance(c, CreateNetwork | AttachNetwork)),
        _once(step.name for step in steps if isinstance(step, Sysctl)),
        sum(map(_rules, plan.changes)),
        tuple(g.name for g in promise.guests) if isinstance(promise, GuestPromise) else (),
        len(steps),
        plan.deadline_s,
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _rules(change: Change) -> int:
    match change:
        case TwinRule() | JumpFirst():
            return 1
        case AddRules() as added:
            return len(added.rules)
        case _:
            return 0
