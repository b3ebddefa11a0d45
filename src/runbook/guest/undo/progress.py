"""How far a change in a guest is, read from the guest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from runbook.common.errors import ReadFailed
from runbook.guest.undo import layout
from runbook.transport.guest.channel import Channel

_LOOK = """\
cd "$1" 2>/dev/null || { echo none; exit 0; }
echo there
readlink end
[ "$(readlink ../armed-inside)" = "${1##*/}" ] && echo armed
for mark in applied apply-failed undone failed; do [ -e "$mark" ] && echo "$mark"; done
echo journal
tail -n 30 journal log 2>/dev/null
exit 0
"""


class InsideState(StrEnum):
    """How far a change in a guest is."""

    UNKNOWN = "unknown"
    ARMED = "armed"
    APPLIED = "applied"
    APPLY_FAILED = "applied in part"
    CONFIRMED = "confirmed"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "undone in part"


@dataclass(frozen=True, slots=True)
class InsideProgress:
    """How far the change is, and the last lines of its journal and of what its commands said."""

    state: InsideState
    journal: str


def read_progress(channel: Channel, change_id: str) -> InsideProgress:
    """How far the change is, with its journal. Raises ReadFailed if the guest cannot tell."""
    done = channel.run(("sh", "-c", _LOOK, "sh", layout.directory(change_id)))
    marks, _, journal = done.stdout.decode(errors="replace").partition("journal\n")
    words = marks.split()
    if done.returncode != 0 or not words:
        raise ReadFailed(
            f"guest {channel.guest} does not tell how far change {change_id} is",
            state="its own undo, if it is armed, stands",
            then=f"look into {layout.directory(change_id)} in the guest",
        )
    return InsideProgress(_state(words), journal)


def _state(words: list[str]) -> InsideState:
    # The first that is so: what ends a change counts for more than how it began.
    for mark, meaning in (
        ("none", InsideState.UNKNOWN),
        ("failed", InsideState.FAILED),
        # By a person, after it had been confirmed.
        ("confirmed undone", InsideState.UNDONE),
        ("confirmed", InsideState.CONFIRMED),
    ):
        if set(mark.split()) <= set(words):
            return meaning
    if "undone" in words:
        # Once for the link that decides it, once for the mark of its having been done.
        return InsideState.UNDONE if words.count("undone") > 1 else InsideState.UNDOING
    if "apply-failed" in words:
        return InsideState.APPLY_FAILED
    if "applied" in words:
        return InsideState.APPLIED
    return InsideState.ARMED if "armed" in words else InsideState.UNKNOWN
