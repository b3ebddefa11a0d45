"""Moves the deadline, but only for somebody who has read the current one.

A step, a button and another program may all move it in the same moment. The host does it
under the change's lock, and only while the manifest is the one that was looked at; who comes
second looks again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from runbook.apply.checkpoint import manifest, timer
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.manifest import STAMP, Manifest
from runbook.apply.steps import journal
from runbook.apply.steps.commands import failed
from runbook.common.errors import ReadFailed, StepFailed
from runbook.plan.changes.steps import Command
from runbook.transport.host import Host

SINCE, TAKEN = 45, 46
# So many may move it in the same moment, or have been broken off while they did.
AT_ONCE = 4
# Less than an undo waits for the lock.
BUDGET_S = 8.0
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class DeadlineWish:
    """A new deadline and its reason: seconds from now, computed from the current deadline.

    None where that may stay as it is.
    """

    seconds: Callable[[Manifest, datetime], int | None]
    why: str


@dataclass(frozen=True, slots=True)
class DeadlineMove:
    """What stood when the wish was asked last, and what stands by now."""

    before: Manifest
    after: Manifest

    @property
    def changed(self) -> bool:
        """Whether there is another deadline, and by this wish."""
        return self.after.timer != self.before.timer


def standing(host: Host, place: Layout) -> Manifest:
    """Who, when, what, until when, as the host has it now; raises ReadFailed."""
    (file,) = host.read_files([place.manifest])
    try:
        return manifest.loads(file.content if file else b"")
    except ValueError as error:
        raise ReadFailed(
            f"the change's manifest {place.manifest} is missing or damaged",
            host=host.name,
            state="half made; its undo is armed",
            then=f"undo it: `runbook undo {host.name}`, or `sh {place.undo}` at its console",
        ) from error


def move(place: Layout, host: Host, wish: DeadlineWish, now: Now) -> DeadlineMove:
    """Have it as wished; the old timer ends only once the new one runs.

    Where somebody else moved it meanwhile, the wish is asked again by what stands then.
    """
    for _ in range(AT_ONCE):
        seen, moment = standing(host, place), now()
        seconds = wish.seconds(seen, moment)
        if seconds is None:
            return DeadlineMove(seen, seen)
        later = replace(seen, deadline=moment + timedelta(seconds=seconds))
        line = f"{journal.MOVED} {later.deadline:{STAMP}}, {seconds} s from now, because {wish.why}"
        made = _replaced(place, host, (seen, later), seconds, journal.line(moment, line))
        if made is not None:
            return DeadlineMove(seen, made)
    raise StepFailed(
        "the deadline was not moved: others moved it again and again meanwhile",
        host=host.name,
        state="armed, with the deadline that they gave it",
        then="see who else is at work on the change: `runbook status`",
    )


def _replaced(
    place: Layout, host: Host, pair: tuple[Manifest, Manifest], seconds: int, line: str
) -> Manifest | None:
    """The new manifest; None if somebody else has replaced the one that was read."""
    seen, later = pair
    for number in range(seen.timer + 1, seen.timer + AT_ONCE):
        made = replace(later, timer=number)
        command = _command(place, seen, made, seconds, line)
        done = host.execute(command.argv, stdin=command.stdin, timeout=command.budget_s)
        if done.returncode == 0:
            # As others read it: whole seconds.
            return manifest.loads(command.stdin)
        if done.returncode == SINCE:
            return None
        if done.returncode != TAKEN:
            break
    raise failed(host, timer.start_timer(place, 0, seconds), done.complaint)


def _command(place: Layout, seen: Manifest, made: Manifest, seconds: int, line: str) -> Command:
    digest = hashlib.sha256(manifest.dumps(seen)).hexdigest()
    told = (place.manifest, digest, place.timer_stem, str(made.timer), line)
    start = timer.start_timer(place, made.timer, seconds).argv
    return Command(("sh", "-c", script(), "sh", *told, *start), manifest.dumps(made), BUDGET_S)


@cache
def script() -> str:
    """What the host runs."""
    codes = f"SINCE={SINCE} TAKEN={TAKEN}\n"
    return codes + files(__package__).joinpath("deadline.sh").read_text()
