"""The standing of a host: the change in progress there, or the last one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.apply.checkpoint.armed_change import ArmedChange, Checkpoint
from runbook.apply.checkpoint.history import EndedChange
from runbook.common.later import pd
from runbook.common.moments import from_iso
from runbook.run.standing import HostStatus
from runbook.views import frames
from runbook.views.countdown import moved_deadline
from runbook.views.findings import Tone
from runbook.views.page.picture import Picture, note, stack
from runbook.views.tables import Look, card, fold, table

TONES: dict[str, Tone] = {"armed": "warn", "undoing": "warn", "stale": "bad", "not told": "bad"}
OPEN = "no end in the journal"
# As the journal on the host writes it.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def standing(there: HostStatus) -> Picture:
    """Whose change, how far it came, what will become of it, and its journal."""
    head = note(f"{there.host}: {there.describe()[0]}", TONES.get(there.state, "note"))
    if there.armed:
        return stack((head, *_found(there.armed)))
    return stack((head, *_past(there.ended))) if there.ended else head


def outcome_in_words(ended: EndedChange) -> str:
    """How a change ended, each moment in it as a person reads it here."""
    return MOMENT.sub(lambda found: from_iso(found.group()), ended.outcome)


def _found(there: ArmedChange) -> Iterator[Picture]:
    yield card([*_pairs(there.checkpoint), ("what happens next", there.outlook)])
    yield from _damage(there.checkpoint)
    yield from map(moved_deadline, there.checkpoint.log.moves())
    yield _journal(there.checkpoint)


def _past(there: EndedChange) -> Iterator[Picture]:
    yield card([*_pairs(there.checkpoint), ("how it ended", outcome_in_words(there))])
    yield from _damage(there.checkpoint)
    whole = fold("The journal of this change", _journal(there.checkpoint))
    yield Picture(whole.body, f"(its journal: {there.checkpoint.place.journal} on the host)")


def _pairs(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    told = checkpoint.manifest
    pairs = [("change", checkpoint.place.change_id), ("operator", checkpoint.operator)]
    if told:
        pairs.append(("armed at", f"{told.armed_at:%Y-%m-%d %H:%M:%S} UTC"))
    if checkpoint.undo_script:
        pairs.append(("undo it at the console", f"sh {checkpoint.place.undo}"))
    return [*pairs, ("progress", checkpoint.progress)]


def _damage(checkpoint: Checkpoint) -> Iterator[Picture]:
    return (note(line, "bad") for line in checkpoint.damage)


def _journal(checkpoint: Checkpoint) -> Picture:
    rows = frames.journal(checkpoint.log)
    colours = pd.DataFrame("", index=rows.index, columns=rows.columns)
    colours.loc[rows["ended"] == "", "ended"] = "rb-changed"
    shown = rows.assign(ended=rows["ended"].where(rows["ended"] != "", OPEN))
    look = Look(
        "The journal of this change",
        classes=colours,
        limit=max(len(rows), 1),
        empty="no step was made",
    )
    return table(shown, look)
