"""What a lab may take away of what it shares with the other labs of this machine."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from runbook.common.errors import LabError
from runbook.lab import extra_packages, names, rootfs, shell
from runbook.lab import lab as labs
from runbook.lab.qemu import host as qemu
from runbook.lab.qemu import image

RELEASE = names.RELEASES[0]


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with every file system that is wanted, and an old one."""
    for module in (labs, rootfs, extra_packages):
        monkeypatch.setattr(module, "CACHE", tmp_path)
    monkeypatch.setattr(labs, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(labs, "IN_USE", tmp_path / "in-use")
    monkeypatch.setattr(labs, "PLACE", tmp_path)
    monkeypatch.setattr(labs, "need_root", lambda: None)
    monkeypatch.setattr(rootfs, "root_file_system", lambda _release, _say: tmp_path)
    for release in names.RELEASES:
        extra_packages.path(release).mkdir()
    found = tmp_path / f"{RELEASE}-of-another-recipe"
    found.mkdir()
    return found


def test_an_old_file_system_stays_while_a_lab_that_may_stand_on_it_is_up(old: Path) -> None:
    with (old.parent / "in-use").open("w") as held_by_a_lab:
        fcntl.flock(held_by_a_lab, fcntl.LOCK_SH)
        labs.build(print)
        assert old.exists()


def test_an_old_file_system_goes_when_no_lab_is_up(old: Path) -> None:
    labs.build(print)
    assert not old.exists()


def is_free(path: Path) -> bool:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_labs_elsewhere_do_not_wait_for_a_boot_and_leave_what_boots(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, boots = old.parent, []

    def build(lab: labs.Lab, _say: labs.Say) -> None:
        boots.append((lab.hosts, is_free(cache / "lock"), is_free(cache / "in-use")))

    monkeypatch.setattr(labs, "_build", build)
    monkeypatch.setattr(labs, "_remove", lambda: None)
    labs.up(1, RELEASE, "static", print)
    assert boots == [(("server-01",), True, False)]
    assert is_free(cache / "in-use")


def test_a_mirror_that_fails_once_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Path | None] = [tmp_path, None]

    def build(_release: str, _say: labs.Say) -> Path:
        if (answer := answers.pop()) is None:
            raise shell.failed("mmdebstrap", "E: apt-get failed")
        return answer

    monkeypatch.setattr(image, "image", build)
    said: list[str] = []
    assert qemu.root(RELEASE, said.append) == tmp_path
    assert len(said) == 1
    answers.extend([None] * 4)
    with pytest.raises(LabError, match="apt-get failed"):
        qemu.root(RELEASE, said.append)


@pytest.mark.parametrize("name", ["rb-switch", "rb-router", "rb-operator", "rb-server-01"])
def test_a_namespace_of_the_lab_is_known_by_its_whole_name(name: str) -> None:
    assert names.is_namespace(name)
    assert not names.is_namespace(f"{name}-2")


@pytest.mark.parametrize("name", ["rb-mine", "rb-server-", "rb-server-x1", "server-01"])
def test_a_namespace_of_somebody_else_is_not_the_lab_s(name: str) -> None:
    assert not names.is_namespace(name)
