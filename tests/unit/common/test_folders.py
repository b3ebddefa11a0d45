from __future__ import annotations

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


def test_a_home_without_params_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorrectParameters, match=r"RUNBOOK_HOME is '.*has no folder params/"):
        folders.find({folders.VARIABLE: str(tmp_path)})


def test_a_package_installed_away_from_its_checkout_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(CorrectParameters) as caught:
        folders.find({}, tmp_path / "lib" / "runbook")
    assert "RUNBOOK_HOME" in caught.value.then
