"""The desk's copies: a file's name in params/ never becomes code or a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook.notebook.desk import copies


@pytest.mark.parametrize(
    "host", ['x"; import os; os.system("id")  #', "..", "a\\g<0>", "a b", "x\ny", "-x", ""]
)
def test_a_name_that_no_host_can_have_gets_no_notebook(tmp_path: Path, host: str) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    assert copies.make(folder, host) == {}
    assert not list(folder.iterdir())
    assert list(tmp_path.iterdir()) == [folder]


def test_a_hosts_name_gets_one_for_each_button(tmp_path: Path) -> None:
    assert copies.make(tmp_path, "server-01.lan").keys() == copies.BUTTONS.keys()
