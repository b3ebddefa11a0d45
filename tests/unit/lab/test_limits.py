"""A lab of many hosts asks for as much of the kernel as it will take, and says so."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from runbook.lab import limits


@pytest.fixture
def limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "max_user_instances"
    path.write_text("128\n")
    monkeypatch.setattr(limits, "INSTANCES", path)
    monkeypatch.setattr(limits, "in_use", lambda: 40)
    return path


def test_a_limit_that_cannot_be_raised_is_said(
    limit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    said: list[str] = []
    limits.make_room(6, said.append)
    assert said == [
        "fs.inotify.max_user_instances should be 144, and cannot be set: Read-only file system"
    ]
    assert limit.read_text() == "128\n"


def test_a_limit_that_is_too_low_is_raised_and_said(limit: Path) -> None:
    said: list[str] = []
    limits.make_room(6, said.append)
    assert said == ["fs.inotify.max_user_instances is 144 until this machine boots again"]
    assert limit.read_text() == "144\n"


def test_a_limit_that_will_do_is_left_alone(limit: Path) -> None:
    said: list[str] = []
    limits.make_room(4, said.append)
    assert said == []
    assert limit.read_text() == "128\n"


def test_what_isin_use_is_counted() -> None:
    held = [ctypes.CDLL(None).inotify_init() for _ in range(5)]
    assert all(descriptor >= 0 for descriptor in held)
    counted = limits.in_use()
    for descriptor in held:
        os.close(descriptor)
    assert counted >= len(held)
