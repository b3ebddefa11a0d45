"""How a case ended: as before, as promised, or worse."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tests.faults import points
from tests.faults import scene as scenes
from tests.faults.cases import Case
from tests.faults.claims import claims
from tests.faults.scene import HANGS, Scene

from runbook.apply.steps.journal import State
from runbook.lab import machine
from runbook.plan.promise.host import Promise
from runbook.run.record import MIME
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

AS_BEFORE, AS_PROMISED = "as before", "as promised and confirmed"
REFUSED = "refused, nothing written"
# Of guests alone: what was away when all else was put back, and what another program put back.
STARTED, AFTER_UNDO = "as before once started", "as before after undo"
LOST, BETWEEN, LIES, NOT_HIT = "LOST", "IN BETWEEN", "THE RECORD LIES", "NOT HIT"
IGNORED = "THE SIGNAL IS IGNORED"
DISTURBED, HUNG, REMAINS = "A GUEST DISTURBED", "THE PROGRAM HANGS", "LEFT BEHIND"
GOOD = (AS_BEFORE, AS_PROMISED, REFUSED, STARTED, AFTER_UNDO)
# A boot knows its units until the next; what has ended is not listed.
UNITS = ("systemctl", "list-units", "--no-legend", "--plain", "runbook-*")
UNIT_FILES = ("find", "/etc/systemd", "/run/systemd", "-name", "runbook-*")
FILES = (
    *("find", "/var/lib/runbook", "-name", "armed", "-o", "-name", "open"),
    *("-o", "-name", "ballast"),
)
# systemd keeps a transient unit that has ended while a process of it goes on: the DHCP client
# that the undo started.
CLIENTS = ("sh", "-c", 'for p in $(pgrep "^(dhclient|dhcpcd)$"); do cat "/proc/$p/cgroup"; done')
JOURNALS = ("sh", "-c", "cat /var/lib/runbook/*/journal")
# Whoever took the link away tidies up within this; where that died, the timer does.
TIDY_S = 10.0
# The link is gone here and its timer and units are not: where the power goes, a boot tidies up.
UNTIDY = (points.CONFIRMED, points.DISARM)
# The link can be gone before the journal says so.
UNSAID = (points.CONFIRMING, points.CONFIRMED)


SETTLE_S = 15.0


@dataclass(frozen=True, slots=True)
class Start:
    """The host before the change."""

    state: Snapshot
    files: frozenset[str]
    promise: Promise


@dataclass(frozen=True, slots=True)
class Waited:
    """From `since`: seconds until the operator was let in, and until the change was ended.

    `cut_off`: nobody was let in shortly before `since`, so that it was the host
    which brought the operator back.
    """

    since: str = ""
    answered: float | None = None
    ended: float | None = None
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the matrix."""

    case: Case
    end: str
    waited: Waited
    why: str = ""
    # What the notebook says, and the first line of its first page.
    claim: str = ""
    first_page: str = ""

    @property
    def good(self) -> bool:
        """Whether it ended as it may, and the record says so."""
        return self.end in GOOD


def judge(case: Case, scene: Scene, start: Start, waited: Waited, status: int) -> Result:
    """Look at the host, then hold the record against what is there."""
    if waited.answered is None:
        return Result(case, LOST, waited, f"armed: {scene.armed()}")
    if case.cuts_off and not waited.cut_off:
        return Result(case, NOT_HIT, waited, "the operator was let in before the deadline")
    left = left_in_the_end(case, scene)
    end, why = _settled(case, scene, start)
    told, said = outcome(scene), claims(scene)
    lies = list(said.wrong(end, status, armed_at_exit=scene.armed_at_exit))
    if end in GOOD and lies:
        end, why = LIES, f"and yet {end}: {'; '.join(lies)}"
    if case.undone and end == AS_PROMISED:
        end, why = IGNORED, "the change was made and confirmed all the same"
    if end in GOOD and left:
        end, why = REMAINS, f"{end}, and yet there are: {left}"
    if status == HANGS:
        end, why = HUNG, f"{end}; {why}"
    if scene.guest and (told_of := scene.guest.disturbed(scene.host)):
        end, why = DISTURBED, told_of
    if end not in GOOD:
        why = f"exit {status}, outcome {told}\n{why}"
    return Result(case, end, waited, why or scene.note, said.word, said.first)


def _settled(case: Case, scene: Scene, start: Start) -> tuple[str, str]:
    """How it ended, once the kernel has done with what came up last."""
    until = time.monotonic() + SETTLE_S * scene.slower
    while True:
        end, why = _end(case, scene, start, scenes.snapshot(scene.host))
        if end in GOOD or time.monotonic() > until:
            return end, why
        time.sleep(0.5)


def outcome(scene: Scene) -> dict[str, Any]:
    """The executed notebook's last word; empty where there is none."""
    try:
        cells = json.loads(scene.out.read_text())["cells"]
    except (FileNotFoundError, ValueError):
        return {}
    outputs = (o.get("data", {}) for cell in cells for o in cell.get("outputs", ()))
    told = [data[MIME] for data in outputs if MIME in data]
    return dict(told[-1]) if told else {}


def left_in_the_end(case: Case, scene: Scene) -> list[str]:
    """What still stands there once the timers have run out; after a late fault, after a boot."""
    left = _left(scene)
    if left and case.point in UNTIDY:
        machine.power_cut(scene.host)
        machine.power_on(scene.host)
        left = _left(scene)
    return left


def _left(scene: Scene) -> list[str]:
    end = max(scene.deadline(), time.monotonic()) + TIDY_S * scene.slower
    while True:
        looks = (UNITS, UNIT_FILES, FILES)
        clients = scene.ask(*CLIENTS).replace("\n", "/").split("/")
        found = [line for argv in looks for line in scene.ask(*argv).splitlines()]
        left = [line for line in found if line.rpartition("/")[2] not in clients]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.2)


def _end(case: Case, scene: Scene, start: Start, after: Snapshot) -> tuple[str, str]:
    if scene.armed():
        return BETWEEN, "still armed"
    different = compare(start.state, named_as(start.state, after))
    files = scenes.files(scene.host) ^ start.files
    confirmed = _confirmed(case, scene.ask(*JOURNALS))
    if different.empty and not files:
        return (LIES, "as before, and confirmed") if confirmed else (AS_BEFORE, "")
    checks = start.promise.checks(after)
    broken = [f"{c.about}: {c.seen}" for c in checks if not c.kept]
    if checks and not broken and confirmed:
        return AS_PROMISED, ""
    why = f"from before:\n{different}\nfiles: {sorted(files)}\nfrom the promise: {broken}"
    return BETWEEN, f"{why}\nconfirmed: {confirmed}"


def _confirmed(case: Case, journals: str) -> bool:
    said = [line.partition(" ")[2] for line in journals.splitlines()]
    words = (State.CONFIRMED, State.CONFIRMING) if case.point in UNSAID else (State.CONFIRMED,)
    undone = any(f": {State.UNDONE}" in line for line in said)
    # A second operator may have confirmed where the first was undone, but not the other way round.
    return not undone and any(line.startswith(words) for line in said)
