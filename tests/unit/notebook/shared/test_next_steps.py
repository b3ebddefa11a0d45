"""What stands below the result of a run: links to what comes next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.notebook.conftest import MadeUp

from runbook.common.errors import StepFailed
from runbook.notebook.desk import copies
from runbook.notebook.routed import cells as nb
from runbook.notebook.shared import next_steps as following
from runbook.notebook.shared.next_steps import next_steps
from runbook.plan.plan import PHASES
from runbook.preflight import RefusedByPreflight

Answer = Callable[[str | BaseException], None]


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "somebody_there", lambda: True)


@pytest.fixture
def at_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / copies.DESK / "20260301T120000Z"
    folder.mkdir(parents=True)
    (folder / "desk.ipynb").write_text("{}")
    place = folder / "server-01"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def last(shown: list[Any]) -> str:
    """The last line of links on the page."""
    pages = [one["text/plain"] if isinstance(one, dict) else str(one) for one in shown]
    return next(text for text in reversed(pages) if "Next:" in text or "again" in text)


def through() -> None:
    change = nb.arm(nb.preflight(nb.plan(looked())))
    for phase in PHASES:
        change = nb.apply(change, phase)
    nb.finish(nb.after(nb.confirm(nb.verify(change))))


def looked() -> Any:  # noqa: ANN401 - what one cell hands to the next
    asked = nb.parameters({"host": "server-01"})
    return nb.look(nb.settle(nb.choose(nb.meet(asked))))


@pytest.mark.usefixtures("made_up", "home", "somebody", "at_the_desk")
def test_a_change_as_promised_leads_to_guests_audit_revert_record_and_inventory(
    shown: list[Any], answer: Answer
) -> None:
    answer("server-01")
    through()
    told = last(shown)
    for words in ("put guests on the LAN: guest · server-01.ipynb", "compare the host", "revert"):
        assert words in told
    assert "the record's folder: " in told
    assert "the inventory: ../desk.ipynb" in told


@pytest.mark.usefixtures("home", "somebody", "at_the_desk")
def test_a_refused_run_says_what_to_do_and_where(
    made_up: MadeUp, shown: list[Any], answer: Answer
) -> None:
    answer("server-01")
    made_up.fails["preflight"] = RefusedByPreflight("server-01", ())
    with pytest.raises(RefusedByPreflight):
        nb.preflight(nb.plan(looked()))
    told = last(shown)
    assert "Do what the result says, then run this notebook again from the top." in told
    assert "correct the host's file: survey · server-01.ipynb" in told


@pytest.mark.usefixtures("home", "somebody", "at_the_desk")
def test_a_change_that_was_undone_says_how_to_try_again(
    made_up: MadeUp, shown: list[Any], answer: Answer
) -> None:
    answer("server-01")
    change = nb.arm(nb.preflight(nb.plan(looked())))
    made_up.fails["prepare"] = StepFailed("full", host="server-01", state="x", then="y")
    with pytest.raises(Exception, match="full"):
        nb.apply(change, "prepare")
    assert "To try again, run this notebook again from the top." in last(shown)


@pytest.mark.usefixtures("made_up", "home", "at_the_desk")
def test_without_a_person_nothing_is_added(shown: list[Any], answer: Answer) -> None:
    answer("server-01")
    through()
    assert not any("Next:" in str(one) for one in shown)


def test_outside_of_the_desk_only_notebooks_that_are_there_are_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert next_steps("server-01", ("guests",)).text == ""
    (tmp_path / "guest.ipynb").write_text("{}")
    assert next_steps("server-01", ("guests",)).text == "Next: put guests on the LAN: guest.ipynb"
