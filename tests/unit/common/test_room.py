from __future__ import annotations

import os
from pathlib import Path

import pytest

from runbook.common import room


def test_a_folder_that_is_not_there_yet_is_measured_above_it_and_nothing_is_left(
    tmp_path: Path,
) -> None:
    found = room.measure(tmp_path / "outputs" / "server-01")
    assert found.path == str(tmp_path)
    assert found.problem == ""
    assert found.free_bytes > 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_the_way_of_a_folder_is_the_problem(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("")
    found = room.measure(tmp_path / "outputs" / "server-01")
    assert (found.free_bytes, found.problem) == (0, "Not a directory")


def test_a_disk_that_takes_no_byte_is_the_problem_whatever_it_says_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        del descriptor
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert room.measure(tmp_path).problem == "No space left on device"
