"""The way back on the first page: only what can be typed and works."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.records import kept

from runbook.records import card
from runbook.records.card import Card, Progress
from runbook.records.make_manifest import begun_of
from runbook.records.manifest import load
from runbook.records.predicate import Kind
from runbook.run.record import Folder

REVERT = f"runbook revert {kept.HOST} {kept.number(1)}"
BY_HAND = f"sh /var/lib/runbook/{kept.number(1)}/undo"


def way_back(shown: Card) -> str:
    return dict(shown.pairs)["way back now"]


@pytest.mark.parametrize(
    ("kind", "adopts", "reverts"),
    [("change", False, True), ("change", True, False), ("guest", False, False)],
)
def test_a_revert_is_offered_for_what_a_revert_takes_back(
    tmp_path: Path, kind: Kind, *, adopts: bool, reverts: bool
) -> None:
    folder = kept.sealed(tmp_path, 1, kind=kind)
    progress = Progress("confirmed", "confirm", datetime.now(UTC), adopts=adopts)
    for shown in (
        card.ended(load(folder).predicate, "here", adopts=adopts),
        card.running(begun_of(Folder(folder)), "here", progress),
    ):
        assert (REVERT in way_back(shown)) is reverts
        assert BY_HAND in way_back(shown)
