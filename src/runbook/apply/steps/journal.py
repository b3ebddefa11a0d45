"""The change's journal on the host: what is about to be done, then what is done.

One line an event, fsynced before the deed it speaks of::

    2026-03-01T12:00:00.000Z armed by root@desk, undone at 2026-03-01T12:01:35Z unless confirmed
    2026-03-01T12:00:01.000Z step 3 begins: ip link set dev virbr1 ...
    2026-03-01T12:00:01.004Z step 3 done
    2026-03-01T12:01:35Z undo (deadline): begins

It, and not a notebook's cells, says whether a step was made. The lines of an
undo are written by the script on the host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.transport.host import Host, Reader

BEGINS, DONE = "begins", "done"
MOVED = "deadline moved to"
GUESTS_CONFIRM = "the guests keep their part"
BECAUSE = "undone because"
NOT_ARMED = "the change is not armed"
AS_BEFORE, DIFFERS = "compared: no row differs from before", "compared: these rows differ"
UNSEEN = f"{DIFFERS}: none of the host's; its guests are not looked at yet"
UNLIKE = f"{DIFFERS}: none of the host's; a guest is not seen to be as before"
ENDS = (AS_BEFORE, DIFFERS, UNSEEN, UNLIKE)
_LINE = re.compile(r"(\S+) step (\d+) (begins|done)(?:: (.*))?")
_UNDO = re.compile(r"(\S+) undo \((\w+)\): (.*)")


class JournalRow(NamedTuple):
    """One step that began."""

    step: Annotated[int, "its number"]
    what: Annotated[str, "what it does"]
    began: Annotated[str, "UTC, ISO 8601"]
    ended: Annotated[str, "UTC, ISO 8601, or '' if it did not end"]


class State(StrEnum):
    """What can become of a change; the values are how the journal's lines begin."""

    ARMED = "armed by"
    STOOD_DOWN = "stood down"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    UNDOING = "begins"
    UNDONE = "finished: "
    INCOMPLETE = "finished, but "


OF_THE_UNDO = (State.UNDOING, State.UNDONE, State.INCOMPLETE)


@dataclass(frozen=True, slots=True)
class StateLine:
    """A line that decides what becomes of the change; `by` is an undo's trigger, else ''."""

    at: str
    state: State
    by: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """The file's text; every question is answered from it."""

    text: str

    def begun(self) -> frozenset[int]:
        """Steps that were at least about to be made."""
        return self._numbers(BEGINS)

    def done(self) -> frozenset[int]:
        """Steps that were made."""
        return self._numbers(DONE)

    @property
    def undo_began(self) -> bool:
        """Whether an undo has started."""
        return any(decision.state is State.UNDOING for decision in self.decisions())

    @property
    def last(self) -> StateLine | None:
        """The last word on the change; None where it was never armed."""
        decisions = self.decisions()
        return decisions[-1] if decisions else None

    def decisions(self) -> tuple[StateLine, ...]:
        """All that was decided, in order."""
        found = (_decision(line) for line in self.text.splitlines())
        return tuple(decision for decision in found if decision)

    def moves(self) -> tuple[str, ...]:
        """Each time that the deadline was moved: until when, and why."""
        said = (line.partition(" ")[2] for line in self.text.splitlines())
        return tuple(line for line in said if line.startswith(MOVED))

    @property
    def guests_confirm(self) -> bool:
        """Whether guests were about to keep their part, which no undo of the host takes back."""
        said = (line.partition(" ")[2] for line in self.text.splitlines())
        return any(line.startswith(GUESTS_CONFIRM) for line in said)

    def remarks(self) -> tuple[str, ...]:
        """The lines that the last undo wrote while it ran, such as what it could not do."""
        told: list[str] = []
        for undo in filter(None, map(_UNDO.fullmatch, self.text.splitlines())):
            if undo[3] == State.UNDOING and undo[2] != "announce":
                told = []
            elif not undo[3].startswith((*OF_THE_UNDO, NOT_ARMED)):
                told.append(undo[3])
        return tuple(told)

    @property
    def compared(self) -> str:
        """What a comparison after the last undo came to: AS_BEFORE, DIFFERS, UNSEEN, or ''."""
        after = self.text.rpartition(": finished")[2]
        lines = [line.partition(" ")[2] for line in after.splitlines()]
        told = [known for line in lines for known in ENDS if line.startswith(known)]
        return told[-1] if told else ""

    def rows(self) -> tuple[JournalRow, ...]:
        """One row a step that began."""
        ended = {int(m[2]): m[1] for m in self._matches() if m[3] == DONE}
        return tuple(
            JournalRow(int(m[2]), m[4] or "", m[1], ended.get(int(m[2]), ""))
            for m in self._matches()
            if m[3] == BEGINS
        )

    def _numbers(self, event: str) -> frozenset[int]:
        return frozenset(int(m[2]) for m in self._matches() if m[3] == event)

    def _matches(self) -> list[re.Match[str]]:
        found = (_LINE.fullmatch(line) for line in self.text.splitlines())
        return [match for match in found if match]


def _decision(line: str) -> StateLine | None:
    at, _, said = line.partition(" ")
    undo = _UNDO.fullmatch(line)
    text, by = (undo[3], undo[2]) if undo else (said, "")
    states = [state for state in State if (state in OF_THE_UNDO) == bool(undo)]
    found = [state for state in states if text.startswith(state)]
    return StateLine(at, found[0], by) if found else None


def read(host: Reader, path: str) -> Journal:
    """The journal as it stands on the host; raises ReadFailed if there is none."""
    (file,) = host.read_files([path])
    if file is None:
        raise ReadFailed(
            f"the change's journal {path} is not on the host",
            host=host.name,
            state="not known to this program",
            then="look at /var/lib/runbook on the host before anything else",
        )
    return Journal(file.content.decode(errors="replace"))


def write(host: Host, path: str, now: datetime, event: str) -> None:
    """One more line, on the disk when this returns."""
    host.append_file(path, octets.bytes_of(f"{line(now, event)}\n"))


def line(now: datetime, event: str) -> str:
    """An event as the journal has it."""
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{stamp} {' ; '.join(event.splitlines())}"
