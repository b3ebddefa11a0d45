"""How long until the host undoes the change by itself, big enough to see from across the room."""

from __future__ import annotations

from datetime import datetime

from runbook.apply.steps.journal import MOVED
from runbook.common.moments import from_iso
from runbook.views.page.picture import Picture, note, plain, safe

HURRY_S = 30.0


def countdown(left_s: float, deadline: datetime, text: str = "") -> Picture:
    """Minutes and seconds; `said` stands in their place where there is nothing to count."""
    if text:
        return _shown("", text, "rb-note")
    minutes, seconds = divmod(max(int(left_s), 0), 60)
    rest = f"until the host undoes the change by itself, at {_both(deadline)}"
    return _shown(f"{minutes}:{seconds:02d}", rest, "rb-warn" if left_s > HURRY_S else "rb-bad")


def _both(deadline: datetime) -> str:
    """In UTC, and as the clock of this machine shows it where that differs."""
    utc, local = f"{deadline:%H:%M:%S} UTC", deadline.astimezone()
    return utc if not local.utcoffset() else f"{utc}, {local:%H:%M:%S} local time"


def moved_deadline(line: str) -> Picture:
    """A line of the host's journal: until when its deadline was moved, and why."""
    when, comma, why = line.removeprefix(MOVED).strip().partition(",")
    return note(f"{MOVED} {from_iso(when)}{comma}{why}", "warn")


def panel(state: Picture) -> Picture:
    """The panel of a change that is over, where there are no widgets: it stays in view."""
    return Picture(f'<div class="rb-panel">{state.body}</div>', state.text)


def over(line: str, state: Picture, *, folded: bool) -> Picture:
    """A change that is over, in one line that unfolds; nothing of a table is covered then."""
    unfolded = "" if folded else " open"
    body = (
        f'<details{unfolded} class="rb-over"><summary>{safe(line)}</summary>{state.body}</details>'
    )
    return Picture(body, plain(f"{line}\n{state.text}"))


def _shown(number: str, words: str, tone: str) -> Picture:
    big = f'<b class="rb-count">{safe(number)}</b> ' if number else ""
    body = f'<p class="rb-say {tone}" role="timer">{big}{safe(words)}</p>'
    return Picture(body, plain(f"{number} {words}".strip()))
