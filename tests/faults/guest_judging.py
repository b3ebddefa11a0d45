"""How a guest's move ended: at its host, inside, on the network, and by the record's last word."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults import guest_look, guest_record
from tests.faults import scene as scenes
from tests.faults.guest_cases import GuestCase
from tests.faults.guest_look import LAN, NAME, ROUTER_AT, Look, wanted
from tests.faults.guest_record import REFUSED, UNKNOWN, Told
from tests.faults.judging import (
    AFTER_UNDO,
    AS_BEFORE,
    AS_PROMISED,
    BETWEEN,
    GOOD,
    HUNG,
    LIES,
    LOST,
    REMAINS,
    STARTED,
    Result,
    Waited,
    left_in_the_end,
)
from tests.faults.judging import REFUSED as NOTHING_WRITTEN
from tests.faults.points import CONFIRM, CONFIRMING
from tests.faults.scene import HANGS, Scene

from runbook.apply.steps.journal import State
from runbook.common.errors import RunbookError
from runbook.lab import machine
from runbook.lab.guest_xml import mac_of
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

# A guest that restarts, on a machine with much to do, and then undoes its part.
SETTLE_S = 180.0
CHANGES = ("find", "/var/lib/runbook", "-mindepth", "1", "-maxdepth", "1", "-type", "d")
DEFINITION = f"/etc/libvirt/qemu/{NAME}.xml"
# The guest has confirmed its part and the host has not, so that only a program puts it back.
HALF_CONFIRMED = (CONFIRM, CONFIRMING)


@dataclass(frozen=True, slots=True)
class Start:
    """Host and guest before the run, and what there was of other runs."""

    state: Snapshot
    files: frozenset[str]
    guest: Look
    folders: frozenset[Path]
    changes: frozenset[str]


def changes(scene_or_host: Scene | str) -> frozenset[str]:
    """The directories of changes on the host."""
    host = scene_or_host if isinstance(scene_or_host, str) else scene_or_host.host
    said = machine.run(host, CHANGES).stdout.decode()
    return frozenset(said.splitlines())


def judge(case: GuestCase, scene: Scene, start: Start, waited: Waited, status: int) -> Result:
    """Look at host and guest, then hold the record against what is there."""
    if waited.answered is None:
        return Result(case, LOST, waited, f"armed: {scene.armed()}")
    told = guest_record.told(scene, start.folders, status)
    if status == HANGS:
        return Result(case, HUNG, waited, f"outcome {told.kept}")
    left = left_in_the_end(case, scene)
    off = not guest_look.runs(scene.host)
    if off:
        guest_look.start(scene.host)
    end, why = _settled(scene, start)
    end, why = _returned(scene, start, told, end, why)
    if end in GOOD and left:
        end, why = REMAINS, f"{end}, and yet there are: {left}"
    if end == AS_BEFORE and off:
        end = STARTED
    wrong = [*_unallowed(case, told, end), *told.wrong(end)]
    if end in GOOD and wrong:
        end, why = LIES, f"and yet {end}: {'; '.join(wrong)}"
    if end == AS_BEFORE and case.refusal:
        end, why = _refused(case, scene, start, told)
    if end not in GOOD:
        why = f"exit {status}, outcome {told.kept}\n{why}"
    return Result(case, end, waited, why or _note(told))


def _note(told: Told) -> str:
    """What a good row says all the same."""
    return f"the record: {told.word} ({told.said})" if told.word == UNKNOWN else ""


def _unallowed(case: GuestCase, told: Told, end: str) -> list[str]:
    if end == STARTED and not case.goes_away:
        return ["the guest was switched off, and nobody was to do that"]
    if end == STARTED and told.word == UNKNOWN and f"{NAME} is shut off" not in told.said:
        return [f"it does not say that the guest is switched off: {told.said}"]
    half = case.point in HALF_CONFIRMED
    if end == AFTER_UNDO and not (half or case.goes_away):
        return ["it was as before only after `runbook undo`"]
    return []


def _refused(case: GuestCase, scene: Scene, start: Start, told: Told) -> tuple[str, str]:
    """A run that was to be refused: it says so, and nothing was written anywhere."""
    said = f"{told.said} {scene.last_words()}"
    wrong = []
    if told.word != REFUSED or told.status == 0:
        wrong.append(f"exit {told.status}, {told.word or 'no last word'}")
    if case.refusal not in said:
        wrong.append(f"it does not say {case.refusal!r}: {said}")
    if new := changes(scene) - start.changes:
        wrong.append(f"on the host there are {sorted(new)}")
    return (LIES, "; ".join(wrong)) if wrong else (NOTHING_WRITTEN, "")


def _returned(scene: Scene, start: Start, told: Told, end: str, why: str) -> tuple[str, str]:
    """Where the program saw no end, or not all of it: another one is asked, and asked to undo."""
    if told.word not in ("", UNKNOWN) or not changes(scene) - start.changes:
        return end, why
    standing = guest_record.status(scene)
    state = standing.state
    undone = guest_record.verb(scene, "undo", scene.host)
    if end == BETWEEN:
        end, again = _settled(scene, start)
        end, why = (AFTER_UNDO, "") if end == AS_BEFORE else (end, f"{why}\nafter undo: {again}")
        if end == AFTER_UNDO and not standing.leads_to_undo:
            return LIES, f"in between until undo, and `runbook status` says only: {standing.said}"
    if end in GOOD and state not in guest_record.STATES[end]:
        return LIES, f"and yet {end}: `runbook status` says {state}"
    # A change that stood down was never begun: there is nothing to undo.
    meant = end != AS_PROMISED and state == "undone"
    if end in GOOD and (undone.status == 0) != meant:
        said = undone.said[-600:]
        return LIES, f"and yet {end}: `runbook undo` ends with {undone.status}: {said}"
    return end, why


def _settled(scene: Scene, start: Start) -> tuple[str, str]:
    """How it ended, once the guest has done with its boot and with its own undo."""
    until = time.monotonic() + SETTLE_S
    while True:
        try:
            end, why = _end(scene, start)
        except RunbookError as error:
            end, why = BETWEEN, f"the guest cannot be looked at: {error.what}"
        if end in GOOD or time.monotonic() > until:
            return end, why
        time.sleep(1.0)


def _end(scene: Scene, start: Start) -> tuple[str, str]:
    if scene.armed():
        return BETWEEN, "still armed"
    host, confirmed = _host(scene, start), _confirmed(scene, start)
    # A guest into which nothing leads has no files to hold anything against.
    look = guest_look.look if start.guest.files else guest_look.outside
    seen = look(scene.host)
    guest = start.guest.differs(seen)
    if not (host or guest):
        if confirmed:
            return LIES, "as before, and confirmed"
        home = guest_look.answers_at_home(scene.host)
        return (AS_BEFORE, "") if home else (BETWEEN, "as before, and does not answer")
    broken = [*_unkept(scene.host, seen), *_foreign(scene, start)]
    if not broken and confirmed:
        return AS_PROMISED, ""
    told = f"host from before:\n{host}\nguest from before: {guest}\nfrom the promise: {broken}"
    return BETWEEN, f"{told}\nconfirmed: {confirmed}"


def _host(scene: Scene, start: Start) -> str:
    """What of the host is not as before."""
    different = compare(start.state, named_as(start.state, scenes.snapshot(scene.host)))
    files = scenes.files(scene.host) ^ start.files
    return "" if different.empty and not files else f"{different}\nfiles: {sorted(files)}"


def _unkept(host: str, seen: Look) -> list[str]:
    """What of the promise the guest does not keep."""
    promised = replace(
        seen,
        live=LAN,
        defined=LAN,
        addresses=(f"eth0 {wanted(host)}",),
        routes=(f"via {ROUTER_AT} dev eth0",),
        left=(),
    )
    told = promised.differs(seen)
    answers = guest_look.answers_on_the_lan(host)
    return [*([told] if told else []), *([] if answers else ["the router has no answer of it"])]


def _foreign(scene: Scene, start: Start) -> list[str]:
    """What differs at the host, and is none of what the guest's move is to change."""
    rows = compare(start.state, named_as(start.state, scenes.snapshot(scene.host))).rows
    # The bridge that the guest leaves has no port any more, and so no carrier.
    mine = (NAME, mac_of(scene.host, NAME), "vnet", "virbr0")
    odd = [str(row) for row in rows.to_dict("records") if not any(m in str(row) for m in mine)]
    files = scenes.files(scene.host) ^ start.files
    return [*odd, *(line for line in files if DEFINITION not in line)]


def _confirmed(scene: Scene, start: Start) -> bool:
    journals = [f"{place}/journal" for place in changes(scene) - start.changes]
    if not journals:
        return False
    said = [line.partition(" ")[2] for line in scene.ask("cat", *journals).splitlines()]
    undone = any(f": {State.UNDONE}" in line for line in said)
    return not undone and any(line.startswith((State.CONFIRMED, State.CONFIRMING)) for line in said)
