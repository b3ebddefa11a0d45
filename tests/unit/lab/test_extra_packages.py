from __future__ import annotations

from pathlib import Path

import pytest

from runbook.lab import extra_packages


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(extra_packages, "CACHE", tmp_path)
    return tmp_path


def test_a_host_is_shown_the_packages_of_each_release_that_were_downloaded() -> None:
    assert extra_packages.binds() == ()
    there = extra_packages.path("bookworm")
    there.mkdir()
    assert extra_packages.binds() == (f"--bind-ro={there}:/usr/lib/runbook-lab-packages/bookworm",)


def test_packages_of_a_list_that_is_no_more_are_removed(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = extra_packages.path("trixie")
    (old / "ufw").mkdir(parents=True)
    (cache / ".packages-killed").mkdir()
    monkeypatch.setattr(extra_packages, "PACKAGES", ("ufw", "another"))
    extra_packages.path("trixie").mkdir()
    extra_packages.remove_old()
    assert list(cache.iterdir()) == [extra_packages.path("trixie")]
