"""When a root file system is built anew, and which old ones are taken away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runbook.lab import guest_debian, guest_disk, guest_image, rootfs

RELEASE = "bookworm"


class Builds:
    """Stands in for mmdebstrap: makes a folder, and keeps count."""

    def __init__(self) -> None:
        self.made: list[rootfs.Recipe] = []
        self.fails = False

    def __call__(self, wanted: rootfs.Recipe, root: Path) -> None:
        root.mkdir()
        (root / "half").touch()
        if self.fails:
            raise KeyboardInterrupt
        self.made.append(wanted)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(rootfs, "CACHE", tmp_path)
    monkeypatch.setattr(guest_debian, "CACHE", tmp_path)
    return tmp_path


@pytest.fixture
def builds(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    assert cache.is_dir()
    made = Builds()
    monkeypatch.setattr(rootfs, "_debootstrap", made)
    monkeypatch.setattr(rootfs, "_prepare", lambda _recipe, _root: None)
    monkeypatch.setattr(guest_image, "build", lambda _root: None)
    monkeypatch.setattr(guest_disk, "quick", lambda _root: None)
    monkeypatch.setattr(guest_disk, "share", lambda _disk, _root: None)
    monkeypatch.setattr(guest_debian, "disk", lambda _say: cache / "disk")
    return made


def say(_text: str) -> None:
    pass


def recipe_is(monkeypatch: pytest.MonkeyPatch, changed: rootfs.Recipe) -> None:
    real = rootfs.recipe
    others = {RELEASE: changed}
    monkeypatch.setattr(rootfs, "recipe", lambda release: others.get(release) or real(release))


def test_a_build_that_is_broken_off_leaves_nothing_that_passes_for_whole(
    cache: Path, builds: Builds
) -> None:
    builds.fails = True
    with pytest.raises(KeyboardInterrupt):
        rootfs.root_file_system(RELEASE, say)
    assert list(cache.iterdir()) == []
    builds.fails = False
    assert rootfs.root_file_system(RELEASE, say).is_dir()


def test_what_a_killed_build_left_is_swept_away_and_nothing_else(
    cache: Path, builds: Builds
) -> None:
    left = cache / f".{RELEASE}-x1y2" / "root"
    left.mkdir(parents=True)
    (cache / "lock").touch()
    (cache / "mine").mkdir()
    whole = rootfs.root_file_system(RELEASE, say)
    rootfs.remove_old()
    assert {path.name for path in cache.iterdir()} == {"lock", "mine", whole.name}
    assert len(builds.made) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"packages": ("bash",)},
        {"masked": ("ssh.service",)},
        {"answers": ("tzdata tzdata/Areas select Etc",)},
        {"release": "trixie"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_recipe_that_changes_has_another_digest(change: dict[str, str]) -> None:
    now = rootfs.recipe(RELEASE)
    assert replace(now, **change).digest != now.digest  # type: ignore[arg-type]
    assert replace(now).digest == now.digest


def test_a_guest_of_another_kind_has_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = rootfs.recipe(RELEASE).digest
    monkeypatch.setattr(guest_image, "init", lambda: b"#!/bin/sh\n")
    assert rootfs.recipe(RELEASE).digest != now


def test_a_recipe_that_changes_is_built_anew_and_the_old_one_goes_once_nobody_stands_on_it(
    cache: Path, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = rootfs.root_file_system(RELEASE, say)
    assert rootfs.root_file_system(RELEASE, say) == old
    assert len(builds.made) == 1
    changed = replace(rootfs.recipe(RELEASE), packages=("bash",))
    recipe_is(monkeypatch, changed)
    new = rootfs.root_file_system(RELEASE, say)
    assert [made.packages for made in builds.made[1:]] == [("bash",)]
    assert {path.name for path in cache.iterdir()} == {old.name, new.name}

    monkeypatch.setattr(rootfs, "in_use", lambda: {old})
    rootfs.remove_old()
    assert old.is_dir()
    monkeypatch.setattr(rootfs, "in_use", set)
    rootfs.remove_old()
    assert [path.name for path in cache.iterdir()] == [new.name]
