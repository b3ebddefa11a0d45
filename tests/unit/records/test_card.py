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
from runbook.run.record import Ending, Folder

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


@pytest.mark.parametrize("ending", Ending)
def test_without_a_manifest_the_way_back_is_there_too(ending: Ending) -> None:
    outcome = {"outcome": str(ending), "host": kept.HOST, "said": "why"}
    shown = card.without_manifest(outcome, "here", kept.number(1))
    assert shown.head == str(ending)
    assert list(dict(shown.pairs))[:3] == ["host", "result", "way back now"]
    # A revert is made from a record with a manifest only.
    assert "revert" not in way_back(shown)
    assert (BY_HAND in way_back(shown)) is (ending is Ending.AS_PROMISED)
    assert ("runbook status" in way_back(shown)) is (ending is Ending.UNKNOWN)


def test_a_confirmation_of_a_change_that_is_not_known_sends_its_reader_to_the_host() -> None:
    outcome = {"outcome": str(Ending.AS_PROMISED), "host": kept.HOST}
    assert "runbook status" in way_back(card.without_manifest(outcome, "here"))


@pytest.mark.parametrize("ending", [Ending.DRIFTED, Ending.REFUSED, Ending.PLANNED_ONLY])
def test_a_run_that_changed_nothing_does_not_say_that_the_host_is_as_before(
    tmp_path: Path, ending: Ending
) -> None:
    folder = kept.sealed(tmp_path, 1, ending)
    shown = card.ended(load(folder).predicate, "here")
    assert way_back(shown) == "not needed: this run made no change"
