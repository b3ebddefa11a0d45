"""Which record counts, and what happens if it is missing, damaged, or not the host's last word."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from tests import older

from runbook.apply.checkpoint import history
from runbook.apply.checkpoint.armed_change import Checkpoint
from runbook.apply.checkpoint.history import EndedChange
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.steps.journal import Journal
from runbook.common.errors import CorrectParameters, ReadFailed
from runbook.plan import plan as plans
from runbook.records.audit import baseline
from runbook.run.record import Ending

CHANGE = older.CONFIRMED.change_id
LATER = "20990101T000000Z-abcdef"
CONFIRMED = "2026-03-01T12:00:00Z confirmed: the change stays\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The records of a host: one confirmed change."""
    shutil.copytree(older.CONFIRMED.record, tmp_path / CHANGE)
    return tmp_path


def ended(journal: str = CONFIRMED, change_id: str = CHANGE, **kept: object) -> EndedChange:
    checkpoint = Checkpoint(Layout(change_id), log=Journal(journal), **kept)  # type: ignore[arg-type] # by name
    return EndedChange("server-01", checkpoint)


def run(folder: Path, name: str, ending: Ending, **files: object) -> Path:
    path = folder / name
    path.mkdir()
    (path / "outcome.json").write_text(json.dumps({"outcome": str(ending)}))
    for stem, content in files.items():
        (path / f"{stem}.json").write_text(json.dumps(content))
    return path


def test_the_fixture_is_confirmed_to_the_program() -> None:
    assert ended().end == "confirmed"
    assert history.TRIGGERS


def test_a_host_without_records_and_history_was_never_changed(tmp_path: Path) -> None:
    assert baseline.find(tmp_path / "none", None) is None
    run(tmp_path, LATER, Ending.REFUSED)
    assert baseline.find(tmp_path, None) is None


def test_the_record_of_the_change_that_the_host_calls_confirmed_counts(folder: Path) -> None:
    run(folder, LATER, Ending.AS_BEFORE)
    found = baseline.find(folder, ended())
    assert found
    assert (found.change_id, found.notes, found.undone) == (CHANGE, (), "")
    assert found.state
    assert found.state.taken_at > datetime.fromisoformat("2026-01-01T00:00Z")
    assert found.promises.host
    assert found.promises.host.bridge == "virbr1"


def test_where_outputs_lies_does_not_matter(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder / CHANGE, moved / CHANGE)
    assert baseline.find(moved, ended())


def test_a_confirmation_by_another_run_leads_to_the_run_that_made_the_change(folder: Path) -> None:
    state = json.loads((folder / CHANGE / "after.json").read_text())
    for name in ("outcome.json", "after.json"):
        (folder / CHANGE / name).unlink()
    run(folder, LATER, Ending.AS_PROMISED, found={"change_id": CHANGE}, now=state)
    found = baseline.find(folder, ended())
    assert found
    assert (found.change_id, found.notes) == (CHANGE, ())
    assert found.state
    assert found.promises.host


@pytest.mark.parametrize("name", ["../../etc", "/etc", "", "..", "x" * 5000, "a\0b"])
def test_a_record_leads_nowhere_else(folder: Path, name: str) -> None:
    run(folder, LATER, Ending.AS_PROMISED, found={"change_id": name})
    found = baseline.find(folder, None)
    assert found
    assert found.state is None


def test_a_change_without_a_record_here_is_checked_by_the_plan_on_the_host(folder: Path) -> None:
    plan = plans.loads((folder / CHANGE / "plan.json").read_text())
    found = baseline.find(folder, ended(change_id=LATER, plan=plan))
    assert found
    assert (found.change_id, found.state) == (LATER, None)
    assert found.promises.host == plan.promise
    (note,) = found.notes
    assert "has no record here" in note
    assert "Copy its run folder" in note


def test_a_host_that_has_forgotten_the_change_is_told(folder: Path) -> None:
    found = baseline.find(folder, None)
    assert found
    assert found.state
    assert f"no history of change {CHANGE}" in found.notes[0]


def test_a_change_taken_back_at_the_console_is_compared_with_before(folder: Path) -> None:
    undone = "2026-03-02T12:00:00Z undo (console): finished: the host is as it was\n"
    found = baseline.find(folder, ended(CONFIRMED + undone))
    assert found
    assert "by hand at the console" in found.undone
    assert found.state
    before = json.loads((folder / CHANGE / "before.json").read_text())
    assert found.state.taken_at.isoformat() == before["taken_at"]


@pytest.mark.parametrize("name", ["after.json", "plan.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]"])
def test_a_damaged_record_is_refused_by_name(folder: Path, name: str, content: bytes) -> None:
    (folder / CHANGE / name).write_bytes(content)
    with pytest.raises((CorrectParameters, ReadFailed), match=name.replace(".", "\\.")):
        baseline.find(folder, ended())


def test_a_folder_that_cannot_be_read_is_named_and_the_others_count(folder: Path) -> None:
    (run(folder, LATER, Ending.REFUSED) / "outcome.json").write_text("{")
    found = baseline.find(folder, ended())
    assert found
    assert LATER in found.notes[0]
    assert found.state


def test_a_record_without_the_state_after_is_told(folder: Path) -> None:
    (folder / CHANGE / "after.json").unlink()
    found = baseline.find(folder, ended())
    assert found
    assert found.state is None
    assert found.promises.host
    assert "no state after the change" in found.notes[0]


def test_the_host_s_own_promise_holds_on_after_a_change_of_guests(folder: Path) -> None:
    """The newest record has the state, each of the two plans what it is about."""
    later = folder / LATER
    shutil.copytree(older.GUEST.record, later)
    (later / "outcome.json").write_text(json.dumps({"outcome": str(Ending.AS_PROMISED)}))
    state = json.loads((folder / CHANGE / "after.json").read_text())
    (later / "after.json").write_text(
        json.dumps({**state, "taken_at": "2099-01-01T00:00:00+00:00"})
    )
    found = baseline.find(folder, ended(change_id=LATER))
    assert found
    assert found.state
    assert found.state.taken_at.year == 2099
    assert found.promises.host
    (promise,) = found.promises.guests
    plan = plans.loads((later / "plan.json").read_text())
    assert [guest.name for guest in promise.guests] == [g.name for g in plan.of_guests.guests]
    # A change of the host that is newer replaces what was promised of guests before it.
    newest = folder / "20990102T000000Z-abcdef"
    shutil.copytree(folder / CHANGE, newest)
    again = baseline.find(folder, ended(change_id=newest.name))
    assert again
    assert again.promises.guests == ()
