"""How a host stands: the change that is armed or half made there, or the last one."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from runbook.apply.checkpoint.armed_change import Found, Kept
from runbook.apply.checkpoint.history import Past
from runbook.run.resume import Standing
from runbook.views.findings import Tone
from runbook.views.page.picture import Picture, note, stack
from runbook.views.tables import Look, card, fold, table

TONES: dict[str, Tone] = {"armed": "warn", "undoing": "warn", "stale": "bad", "not told": "bad"}
OPEN = "not known to have ended"


def standing(there: Standing) -> Picture:
    """Whose change, how far it came, what will become of it, and its journal."""
    head = note(f"{there.host}: {there.describe()[0]}", TONES.get(there.state, "note"))
    if there.found:
        return stack((head, *_found(there.found)))
    return stack((head, *_past(there.past))) if there.past else head


def _found(there: Found) -> Iterator[Picture]:
    yield card([*_pairs(there.kept), ("what becomes of it", there.outlook)])
    yield from _damage(there.kept)
    yield from (note(line, "warn") for line in there.kept.log.moves())
    yield _journal(there.kept)


def _past(there: Past) -> Iterator[Picture]:
    yield card([*_pairs(there.kept), ("how it ended", there.outcome)])
    yield from _damage(there.kept)
    whole = fold("Its journal", _journal(there.kept))
    yield Picture(whole.body, f"(its journal: {there.kept.place.journal} on the host)")


def _pairs(kept: Kept) -> list[tuple[str, str]]:
    told = kept.manifest
    pairs = [("change", kept.place.change_id), ("operator", kept.operator)]
    if told:
        pairs.append(("armed at", f"{told.armed_at:%Y-%m-%d %H:%M:%S} UTC"))
    if kept.undo_script:
        pairs.append(("by hand, at the console", f"sh {kept.place.undo}"))
    return [*pairs, ("how far it came", kept.progress)]


def _damage(kept: Kept) -> Iterator[Picture]:
    return (note(line, "bad") for line in kept.damage)


def _journal(kept: Kept) -> Picture:
    rows = kept.log.table()
    colours = pd.DataFrame("", index=rows.index, columns=rows.columns)
    colours.loc[rows["ended"] == "", "ended"] = "rb-changed"
    shown = rows.assign(ended=rows["ended"].where(rows["ended"] != "", OPEN))
    look = Look("Its journal", classes=colours, limit=max(len(rows), 1), empty="no step was made")
    return table(shown, look)
