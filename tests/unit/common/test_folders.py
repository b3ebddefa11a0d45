from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runbook.common import folders
from runbook.common.errors import CorrectParameters

if TYPE_CHECKING:
    from pathlib import Path


def test_the_home_is_the_checkout_whatever_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(folders.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert (folders.params_folder() / "example.yaml").is_file()


def test_the_environment_may_name_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path))
    assert folders.params_folder() == tmp_path / "params"
    assert folders.outputs_folder() == tmp_path / "outputs"


def test_a_workspace_is_found_from_anywhere_in_it_and_the_environment_wins(tmp_path: Path) -> None:
    room, other = tmp_path / "room", tmp_path / "other"
    deep = room / "outputs" / "_desk" / "x"
    deep.mkdir(parents=True)
    for each in (room, other):
        (each / "params").mkdir(parents=True)
    (room / folders.MARK).write_text("{}")
    assert folders.find({}, here=deep) == room
    assert folders.find({folders.VARIABLE: str(other)}, here=deep) == other
    assert folders.find({}, here=other) != other


def test_a_home_without_params_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorrectParameters, match=r"RUNBOOK_HOME is '.*has no folder params/"):
        folders.find({folders.VARIABLE: str(tmp_path)})


def test_a_package_installed_away_from_its_checkout_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(CorrectParameters) as caught:
        folders.find({}, tmp_path / "lib" / "runbook", tmp_path)
    assert "runbook init DIR" in caught.value.then
    assert "RUNBOOK_HOME" in caught.value.then


@pytest.fixture
def room(tmp_path: Path) -> Path:
    made = tmp_path / "room"
    (made / "params").mkdir(parents=True)
    (made / folders.MARK).write_text("{}")
    return made


@pytest.mark.parametrize("part", ["", folders.MARK, "params"])
def test_a_workspace_of_another_account_is_refused_unless_it_is_named(
    room: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    given_away(room / part, monkeypatch)
    with pytest.raises(CorrectParameters, match="is another account's") as caught:
        folders.find({}, here=room / "params")
    assert f"RUNBOOK_HOME={room}" in caught.value.then
    assert folders.find({folders.VARIABLE: str(room)}, here=room) == room


def test_root_by_sudo_works_in_the_callers_workspace(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    given_away(room, monkeypatch)
    assert folders.find({"SUDO_UID": str(room.stat().st_uid)}, here=room) == room


def given_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it be another account's, by root's right to give it away or by being another."""
    if os.getuid() == 0:
        os.chown(path, 12345, -1)
    elif os.geteuid() != 0:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
