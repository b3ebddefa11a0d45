from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.fakes import Time

from runbook.notebook.live import file_record
from runbook.notebook.live.file_record import Filing, is_saved, offer
from runbook.notebook.shared.runs import RecordedRun
from runbook.run import record
from runbook.run.record import MIME, Ending, Outcome

CHANGE = "20260301T120000Z-abc123"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedRun:
    """A run that has ended, in a home of its own; its notebook is not saved yet."""
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setattr(file_record, "in_background", lambda call, _: call())
    folder = record.create(tmp_path / "outputs", "server-01", CHANGE)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    folder.end(Outcome(Ending.AS_PROMISED, "server-01", CHANGE, "ann", at, "so it is"))
    session = SimpleNamespace(clock=Time(), change_id=CHANGE)
    return RecordedRun(cast("Any", session), folder)


def saved(run: RecordedRun, path: Path) -> Path:
    """The notebook, saved with its result."""
    told = {MIME: {"folder": str(run.folder.path), "change_id": CHANGE, "outcome": "as promised"}}
    output = {"output_type": "display_data", "data": told, "metadata": {}}
    cell = {
        "cell_type": "code",
        "id": "finish",
        "metadata": {},
        "execution_count": 1,
        "source": "nb.finish(finished)",
        "outputs": [output],
    }
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(book))
    return path


def test_a_notebook_that_is_not_saved_is_waited_for_and_then_said_so(
    run: RecordedRun, tmp_path: Path
) -> None:
    notebook = tmp_path / "routed.ipynb"
    notebook.write_text("{}")
    filing = Filing(run, notebook)
    filing.press()
    assert "press Ctrl+S" in filing.line.value
    assert run.session.clock.monotonic() >= file_record.SAVED_S
    assert not (run.folder.path / "notebook.html").exists()


def test_it_is_filed_with_its_page_and_the_page_is_linked(run: RecordedRun, tmp_path: Path) -> None:
    filing = Filing(run, saved(run, tmp_path / "routed.ipynb"))
    shown: list[str] = []
    page = SimpleNamespace(freeze=lambda picture: shown.append(picture.body))
    filing.shown = cast("Any", page)
    filing.press()
    assert (run.folder.path / "notebook.ipynb").is_file()
    assert (run.folder.path / "notebook.html").is_file()
    (body,) = shown
    assert "Open the page</a>" in body
    assert "notebook.html" in body


def test_what_cannot_be_filed_says_why(run: RecordedRun, tmp_path: Path) -> None:
    notebook = saved(run, tmp_path / "routed.ipynb")
    (run.folder.path / "notebook.ipynb").write_text("another one")
    filing = Filing(run, notebook)
    filing.press()
    assert "another notebook was filed for this run" in filing.line.value


def test_the_result_of_another_run_is_not_this_one(run: RecordedRun, tmp_path: Path) -> None:
    notebook = saved(run, tmp_path / "routed.ipynb")
    assert is_saved(notebook, CHANGE, Time())
    assert not is_saved(notebook, "20260301T120000Z-zzzzzz", Time())


@pytest.mark.parametrize("there", [False, True])
def test_without_a_person_or_a_file_no_button_is_shown(
    run: RecordedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    monkeypatch.setattr(file_record, "somebody_there", lambda: there)
    monkeypatch.setattr(Filing, "show", lambda _: pytest.fail("it was shown"))
    notebook = tmp_path / "gone.ipynb" if there else saved(run, tmp_path / "routed.ipynb")
    offer(run, {"JPY_SESSION_NAME": str(notebook)})
