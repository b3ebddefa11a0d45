from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runbook.common.errors import CorrectParameters
from runbook.notebook.desk.sources import stamped
from runbook.notebook.jupyter import server
from runbook.params.fields import Wrong, host

ROOT = Path(__file__).parents[4]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_no_host_can_be_called_like_the_folder_of_the_desk() -> None:
    with pytest.raises(Wrong):
        host(server.FOLDER)


def test_each_start_works_on_fresh_copies_and_keeps_those_that_were_used(tmp_path: Path) -> None:
    first = server.prepare(tmp_path, NOW)
    assert {path.name for path in first.iterdir()} == {
        path.name for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert first.stat().st_mode & 0o777 == 0o700
    (first / "routed.ipynb").write_text("used")
    second = server.prepare(tmp_path, NOW.replace(hour=13))
    assert second != first
    assert (second / "routed.ipynb").read_bytes() == stamped(ROOT / "notebooks/routed.ipynb")
    assert (first / "routed.ipynb").read_text() == "used"
    assert server.prepare(tmp_path, NOW) == first
    assert (first / "routed.ipynb").read_text() == "used"


@pytest.mark.parametrize("theirs", ["outputs/_desk", "outputs/_desk/20260301T120000Z"])
def test_nothing_is_run_that_another_account_has_laid_there(
    tmp_path: Path, theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / theirs
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    else:
        # Only root gives a folder away; for everybody else the program is somebody else.
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(CorrectParameters, match="another account's"):
        server.prepare(tmp_path, NOW)
    with pytest.raises(CorrectParameters, match="another account's"):
        server.settle(folder)


def test_a_link_in_place_of_its_settings_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "private").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorrectParameters, match="or a link"):
        server.settle(tmp_path / "private")
    assert not any((tmp_path / "elsewhere").iterdir())


def test_nobody_else_writes_where_it_runs(tmp_path: Path) -> None:
    (tmp_path / "outputs/_desk").mkdir(parents=True)
    (tmp_path / "outputs/_desk").chmod(0o777)
    folder = server.prepare(tmp_path, NOW)
    assert {each.stat().st_mode & 0o777 for each in (folder, folder.parent)} == {0o700}


def test_it_listens_on_this_machine_alone_and_puts_no_secret_on_the_command_line() -> None:
    argv = server.command(Path("outputs/_desk/x"), Path("/home/me"), 8888, shows=False)
    assert "--ServerApp.ip=127.0.0.1" in argv
    assert "--ServerApp.root_dir=/home/me" in argv
    assert "--LabApp.default_url=/lab/workspaces/x/tree/outputs/_desk/x/desk.ipynb" in argv
    assert "--no-browser" in argv
    assert not any("token" in word or "password" in word for word in argv)
    assert ("--allow-root" in argv) == (os.geteuid() == 0)


def test_nothing_of_the_operator_s_own_jupyter_is_used() -> None:
    outer = {"PATH": "/bin", "JUPYTER_TOKEN": "easy", "JUPYTER_CONFIG_PATH": "/etc/mine"}
    inner = server.environment(outer, Path("/home/me"), Path("/p"))
    assert inner["PATH"] == "/bin"
    assert inner["RUNBOOK_HOME"] == "/home/me"
    assert inner["JUPYTER_CONFIG_DIR"] == "/p/config"
    assert "easy" not in inner.values()
    assert "/etc/mine" not in inner.values()


def test_its_settings_have_widgets_answer_while_a_cell_runs_and_ask_nobody_for_news(
    tmp_path: Path,
) -> None:
    server.settle(tmp_path / "private")
    told = json.loads((tmp_path / "private/config" / server.OVERRIDES).read_text())
    kernels = told["@jupyterlab/apputils-extension:kernels-settings"]
    assert kernels["commsOverSubshells"] == "perCommTarget"
    assert told["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700


def test_a_browser_is_opened_only_where_there_is_a_display(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert server.has_display({"DISPLAY": ":0"})
    assert not server.has_display({})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not server.has_display({"DISPLAY": ":0"})
