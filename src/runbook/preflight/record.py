"""The record on the operator's machine: whether there is room for it."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.preflight.finding import Case, Finding, looked_for

# A confirmed run writes 0.2 MB, and its notebook twice 0.7 MB; large routing tables far more.
ROOM_BYTES = 32 << 20
LOST = "without its record nobody can say later what was changed, and by whom"


@looked_for("record", "the record's folder can be written and has enough room", LOST)
def _record(case: Case) -> Iterator[Finding]:
    room = case.around.record
    if room is None:
        yield Finding("note", "record", "the room for the record was not checked", LOST, "nothing")
    elif room.problem:
        current = f"no file can be written in {room.path} on this machine: {room.problem}"
        then = f"make {room.path} writable, or set RUNBOOK_HOME to another folder"
        yield Finding("block", "record", current, LOST, then)
    elif room.free_bytes < ROOM_BYTES:
        current = f"{room.free_bytes >> 10} KiB are free in {room.path} on this machine"
        then = f"free {ROOM_BYTES >> 20} MiB there, or set RUNBOOK_HOME to another folder"
        yield Finding("block", "record", current, LOST, then)


# What any change needs, whatever it is about.
OF_ANY_CHANGE = (_record,)
RULES = OF_ANY_CHANGE
