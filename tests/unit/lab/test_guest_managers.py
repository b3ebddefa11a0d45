"""The disk with every network manager: its script, when it is built anew, who is shown it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from runbook.lab import guest_debian, guest_managers


def test_a_critic_of_shell_scripts_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "init").write_bytes(guest_managers.init())
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(tmp_path / "init")]
    done = subprocess.run(critic, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_has_all_that_a_usual_guest_has() -> None:
    usual, more = guest_debian.recipe(), guest_managers.recipe()
    assert set(usual.packages) < set(more.packages)
    assert usual.release == more.release


@pytest.mark.parametrize("manager", guest_managers.MANAGERS)
def test_the_first_start_knows_every_manager_that_may_be_asked_for(manager: str) -> None:
    assert f"\n    {manager}) " in guest_managers.init().decode()


def test_a_script_that_changes_has_another_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    now = guest_managers.path()
    monkeypatch.setattr(guest_managers, "init", lambda: b"another")
    assert guest_managers.path() != now


def test_a_host_is_shown_it_only_where_it_was_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_managers, "CACHE", tmp_path)
    assert guest_managers.binds() == ()
    guest_managers.path().touch()
    (option,) = guest_managers.binds()
    assert option.startswith(f"--bind-ro={tmp_path}/")
