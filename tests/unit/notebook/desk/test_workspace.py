from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook.common import folders
from runbook.common.errors import CorrectParameters
from runbook.notebook.desk import sources, workspace
from runbook.notebook.shared.made_for import tell_other_version
from runbook.params import for_host


def made(folder: Path) -> str:
    return "\n".join(workspace.init(folder))


@pytest.mark.parametrize("holds", ["a folder with files", "a file"])
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, holds: str) -> None:
    room = tmp_path / "room"
    if holds == "a file":
        room.write_text("mine")
    else:
        room.mkdir()
        (room / "mine.txt").write_text("mine")
    with pytest.raises(CorrectParameters, match="cannot be made a workspace"):
        made(room)
    assert {path.name for path in tmp_path.rglob("*")} <= {"room", "mine.txt"}


def test_a_mark_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / folders.MARK).write_text("{")
    with pytest.raises(CorrectParameters, match="cannot be read"):
        made(tmp_path)


def test_a_workspace_has_all_that_a_run_needs(tmp_path: Path) -> None:
    room = tmp_path / "deep" / "room"
    assert f"is a workspace of runbook {sources.version()}" in made(room)
    assert folders.find({}, here=room / "outputs") == room
    assert for_host(room / "params", {"host": "example"}).connect == "recorded"
    names = {path.name for path in (room / "notebooks").iterdir()}
    assert names == {path.name for path in sources.notebooks().glob("*.ipynb")}
    assert "outputs/_desk/" in (room / ".gitignore").read_text()


def test_again_it_brings_the_notebooks_of_this_version_and_leaves_what_was_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "version", lambda: "0.0.9")
    monkeypatch.setattr(workspace, "version", lambda: "0.0.9")
    made(tmp_path)
    (tmp_path / "params/example.yaml").write_text("mine")
    edited = tmp_path / "notebooks/routed.ipynb"
    edited.write_text(edited.read_text().replace("A host's address", "My host's address"))
    mine = edited.read_bytes()
    monkeypatch.undo()
    told = made(tmp_path)
    assert "routed.ipynb: left as it is, because it was edited" in told
    assert edited.read_bytes() == mine
    assert "undo.ipynb: written" in told
    now = json.loads((tmp_path / "notebooks/undo.ipynb").read_text())
    assert now["metadata"]["runbook"] == {"version": sources.version()}
    assert (tmp_path / "params/example.yaml").read_text() == "mine"
    assert "undo.ipynb: as it is in this version" in made(tmp_path)


def test_again_it_brings_the_recording_of_this_version_and_leaves_one_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "older"
    older.mkdir()
    for source in sources.example():
        (older / source.name).write_bytes(source.read_bytes() + b" ")
    room = tmp_path / "room"
    monkeypatch.setattr(workspace, "example", lambda: tuple(older.iterdir()))
    made(room)
    monkeypatch.undo()
    assert "params/example.json: written" in made(room)
    assert (room / "params/example.json").read_bytes() == sources.example()[1].read_bytes()
    (room / "params/example.json").write_text("{}")
    assert "example.json: left as it is, because it was edited; move it away" in made(room)
    assert (room / "params/example.json").read_text() == "{}"


def test_a_notebook_of_another_version_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = tmp_path / "routed.ipynb"
    for kept in ({}, {"runbook": {"version": sources.version()}}, {"runbook": "x"}):
        notebook.write_text(json.dumps({"metadata": kept}))
        tell_other_version({"JPY_SESSION_NAME": str(notebook)})
    tell_other_version({"RUNBOOK_NOTEBOOK": str(tmp_path / "gone.ipynb")})
    tell_other_version({})
    assert capsys.readouterr().out == ""
    notebook.write_text(json.dumps({"metadata": {"runbook": {"version": "0.0.9"}}}))
    tell_other_version({"RUNBOOK_NOTEBOOK": str(notebook)})
    assert "This notebook is of runbook 0.0.9" in capsys.readouterr().out
