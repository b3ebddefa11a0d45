"""What a change is about, read from what is left of its directory on the host.

The plan, the manifest and line 2 of the undo script all say it. If none of them can be read,
nobody knows: then no guest may be called "as before" without a look at it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from runbook.apply.checkpoint.manifest import Manifest
from runbook.plan.plan import Plan
from runbook.plan.promise.guests import GuestPromise
from runbook.plan.promise.subject import SubjectKind

UNKNOWN = "nobody can tell whether the change is about it"
_HEAD = "subject: "
# How the purpose of a change begins in an undo script of version 0.1.
_OF_0_1 = {
    "# The change puts guests on ": SubjectKind.GUESTS,
    "# The change moves ": SubjectKind.HOST,
}


@dataclass(frozen=True, slots=True)
class SubjectOnHost:
    """The kind, None where it is not known, and the names of the guests."""

    kind: SubjectKind | None = None
    guests: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """Line 2 of the undo script, a comment there."""
        return _HEAD + shlex.join((self.kind or "", *self.guests))


def of_plan(plan: Plan) -> SubjectOnHost:
    """What a plan is about."""
    promise = plan.promise
    guests = promise.guests if isinstance(promise, GuestPromise) else ()
    return SubjectOnHost(promise.subject, tuple(guest.name for guest in guests))


def read(
    plan: Plan | None, manifest: Manifest | None, script: str, *, guests: bool
) -> SubjectOnHost:
    """What the change is about; `guests` says whether there is a guests.json."""
    if plan is not None:
        return of_plan(plan)
    if manifest is not None and manifest.subject is not None:
        return SubjectOnHost(manifest.subject, manifest.guests)
    return _of_script(script) or _armed_by_0_1(script, guests=guests)


def _of_script(script: str) -> SubjectOnHost | None:
    line = script.partition("\n")[2].partition("\n")[0]
    before, _, words = line.partition(f"# {_HEAD}")
    try:
        kind, *guests = shlex.split("" if before else words)
        return SubjectOnHost(SubjectKind(kind), tuple(guests))
    except ValueError:
        return None


def _armed_by_0_1(script: str, *, guests: bool) -> SubjectOnHost:
    """For a change armed by version 0.1, which wrote the subject nowhere."""
    if guests:
        return SubjectOnHost(SubjectKind.GUESTS)
    lines = script.splitlines()[:5]
    kinds = (kind for line in lines for start, kind in _OF_0_1.items() if line.startswith(start))
    return SubjectOnHost(next(kinds, None))
