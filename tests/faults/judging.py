"""How a case ended: as before, as promised, or worse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.faults import scene as scenes
from tests.faults.cases import Case
from tests.faults.scene import Scene

from runbook.promise import Promise
from runbook.record import MIME
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

AS_BEFORE, AS_PROMISED = "as before", "as promised and confirmed"
LOST, BETWEEN, LIES, NOT_HIT = "LOST", "IN BETWEEN", "THE RECORD LIES", "NOT HIT"
DISTURBED = "A GUEST DISTURBED"
GOOD = (AS_BEFORE, AS_PROMISED)
UNITS = ("systemctl", "list-units", "--all", "--no-legend", "--plain", "runbook-*")


@dataclass(frozen=True, slots=True)
class Start:
    """The host before the change."""

    state: Snapshot
    files: frozenset[str]
    promise: Promise


@dataclass(frozen=True, slots=True)
class Waited:
    """From `since`: seconds until the operator was let in, and until the change was ended."""

    since: str = ""
    answered: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the matrix."""

    case: Case
    end: str
    waited: Waited
    why: str = ""

    @property
    def good(self) -> bool:
        """Whether the host ended in one of the two states, and the record says so."""
        return self.end in GOOD


def judge(case: Case, scene: Scene, start: Start, waited: Waited, status: int) -> Result:
    """Look at the host, then hold the record against what is there."""
    if waited.answered is None:
        return Result(case, LOST, waited, f"armed: {scene.armed()}")
    after = scenes.snapshot(scene.host)
    end, why = _end(scene, start, after)
    told = outcome(scene)
    if end in GOOD and not _true(str(told.get("outcome", "")), end, status):
        end, why = LIES, f"{end}, and yet exit {status}, outcome {told}"
    if scene.guest and (told_of := scene.guest.disturbed(scene.host)):
        end, why = DISTURBED, told_of
    return Result(case, end, waited, why)


def outcome(scene: Scene) -> dict[str, Any]:
    """The executed notebook's last word; empty where there is none."""
    try:
        cells = json.loads(scene.out.read_text())["cells"]
    except (FileNotFoundError, ValueError):
        return {}
    outputs = (o.get("data", {}) for cell in cells for o in cell.get("outputs", ()))
    told = [data[MIME] for data in outputs if MIME in data]
    return dict(told[-1]) if told else {}


def _end(scene: Scene, start: Start, after: Snapshot) -> tuple[str, str]:
    if scene.armed():
        return BETWEEN, "still armed"
    different = compare(start.state, after)
    files = scenes.files(scene.host) ^ start.files
    if different.empty and not files:
        return AS_BEFORE, ""
    checks = start.promise.checks(after)
    broken = [f"{c.about}: {c.seen}" for c in checks if not c.kept]
    watching = [line for line in scene.console(*UNITS).splitlines() if ".timer" in line]
    if checks and not broken and not watching:
        return AS_PROMISED, ""
    why = f"from before:\n{different}\nfiles: {sorted(files)}\nfrom the promise: {broken}"
    return BETWEEN, f"{why}\ntimers: {watching}"


def _true(told: str, end: str, status: int) -> bool:
    """A success is claimed only where there is one, and an ending told only if it came true."""
    if status == 0:
        return end == AS_PROMISED and told == "as promised"
    claims = {"as before (rolled back)": AS_BEFORE, "as promised": AS_PROMISED}
    return claims.get(told, end) == end
