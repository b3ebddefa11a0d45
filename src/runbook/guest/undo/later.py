"""The guest's own timer: when its undo comes, and that moment moved."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.common.errors import GateClosed, ReadFailed, StepFailed
from runbook.guest.undo import layout
from runbook.guest.undo.script import ENDED, LATE, SHORTEST_S, later_script
from runbook.transport.guest.channel import Channel

_TICKING = """\
cut -d. -f1 /proc/uptime
cd "$1" 2>/dev/null || exit 0
cat moment || exit 1
readlink end && exit 0
[ "$(readlink ../armed-inside)" = "${1##*/}" ] && echo armed
exit 0
"""
_MOVE_S = 40.0
_UNMOVED = "its own undo comes when it was to come"


@dataclass(frozen=True, slots=True)
class Ticking:
    """The guest's uptime, and that at which its undo comes, in whole seconds."""

    now: int
    moment: int


def ticking(channel: Channel, change_id: str) -> Ticking | None:
    """The countdown in the guest; None where its part is confirmed already.

    Raises StepFailed where nothing is armed in it that could be moved.
    Raises GateClosed where the undo has begun or is about to, ReadFailed where the
    guest does not tell.
    """
    done = channel.run(("sh", "-c", _TICKING, "sh", layout.directory(change_id)))
    now, moment, end = (*done.stdout.decode(errors="replace").split(), "", "", "")[:3]
    if done.returncode != 0 or not now.isdigit() or not (moment or "0").isdigit():
        raise ReadFailed(
            f"guest {channel.guest} does not tell when its undo comes",
            state=_UNMOVED,
            then=f"look into {layout.directory(change_id)} in the guest",
        )
    if end == "undone" or (end == "armed" and int(moment) - int(now) < SHORTEST_S):
        raise _over(channel.guest)
    if end == "confirmed":
        return None
    if end != "armed":
        raise _nothing(channel.guest)
    return Ticking(int(now), int(moment))


def move(channel: Channel, change_id: str, moment: int) -> None:
    """Have the undo come at the uptime `moment`; the old countdown ends once the new one runs.

    Raises GateClosed where the undo came first, StepFailed where the guest could not do it.
    """
    argv = ("sh", "-s", layout.directory(change_id), str(moment))
    done = channel.run(argv, stdin=later_script().encode(), timeout=_MOVE_S)
    if done.returncode in (ENDED, LATE):
        raise _over(channel.guest)
    if done.returncode != 0:
        stderr = done.stderr.decode(errors="replace").strip()[-300:]
        raise StepFailed(
            f"guest {channel.guest} could not move its undo: {stderr or 'it does not say why'}",
            state=_UNMOVED,
            then="confirm or undo the change before that",
        )


def _nothing(guest: str) -> StepFailed:
    return StepFailed(
        f"nothing of this change is armed in guest {guest}",
        state="its configuration has no undo of its own any more",
        then="undo the change, and see what became of the guest",
    )


def _over(guest: str) -> GateClosed:
    return GateClosed(
        f"the undo in guest {guest} has begun, or comes within {SHORTEST_S} s",
        state="being put back as before by its undo",
        then="undo the change, and run again from the start with a greater deadline_s",
    )
