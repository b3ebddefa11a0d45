"""What a record may say of a guest's move: a word that is not so is a failure of the case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faults.guest_look import Look
from tests.faults.guest_record import PROMISED, ROLLED_BACK, UNKNOWN, Told
from tests.faults.judging import AFTER_UNDO, AS_BEFORE, AS_PROMISED, STARTED

SEEN = Look("default", "default", ("eth0 a",), ("via b",), frozenset({"/etc/x", "/etc/y"}), ())


def told(word: str, status: int, folder: Path | None = None, shown: str | None = None) -> Told:
    kept = {"outcome": word} if word else {}
    seen = word if shown is None else shown
    return Told(status, {"outcome": seen} if seen else {}, kept, folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The products of a guest's move that stays."""
    checks = [{"kept": True, "required": True}, {"kept": False, "required": False}]
    (tmp_path / "verdict.json").write_text(json.dumps(checks))
    (tmp_path / "inside.json").write_text(json.dumps([{"addresses": ["a"]}]))
    (tmp_path / "guests.json").write_text(json.dumps([{"guest": "vm-01"}]))
    return tmp_path


@pytest.mark.parametrize(
    ("word", "status", "end"),
    [
        (PROMISED, 0, AS_BEFORE),
        (PROMISED, 1, AS_PROMISED),
        (ROLLED_BACK, 1, AS_PROMISED),
        (ROLLED_BACK, 1, STARTED),
        (ROLLED_BACK, 1, AFTER_UNDO),
        (ROLLED_BACK, 0, AS_BEFORE),
        ("", 0, AS_BEFORE),
        ("refused", 1, AS_PROMISED),
    ],
)
def test_a_word_that_is_not_so_is_wrong(folder: Path, word: str, status: int, end: str) -> None:
    assert list(told(word, status, folder).wrong(end))


@pytest.mark.parametrize(
    ("word", "status", "end"),
    [
        (PROMISED, 0, AS_PROMISED),
        (ROLLED_BACK, 1, AS_BEFORE),
        (UNKNOWN, 1, STARTED),
        ("", -9, AS_PROMISED),
    ],
)
def test_a_word_that_is_so_is_not(folder: Path, word: str, status: int, end: str) -> None:
    assert list(told(word, status, folder).wrong(end)) == []


def test_notebook_and_folder_have_to_say_the_same(folder: Path) -> None:
    assert list(told(ROLLED_BACK, 1, folder, shown=PROMISED).wrong(AS_BEFORE))
    assert list(told("", 1, folder, shown=ROLLED_BACK).wrong(AS_BEFORE))


@pytest.mark.parametrize("name", ["verdict.json", "inside.json", "guests.json"])
def test_a_success_needs_its_products(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert list(told(PROMISED, 0, folder).wrong(AS_PROMISED))


def test_a_required_check_that_fails_is_no_success(folder: Path) -> None:
    (folder / "verdict.json").write_text(json.dumps([{"kept": False, "required": True}]))
    assert list(told(PROMISED, 0, folder).wrong(AS_PROMISED))


def test_what_differs_in_a_guest_is_named_and_only_that() -> None:
    other = Look("routed", "default", ("eth0 a",), ("via b",), frozenset({"/etc/x"}), ("armed",))
    said = SEEN.differs(other)
    assert SEEN.differs(SEEN) == ""
    assert "routed" in said
    assert "armed" in said
    assert "/etc/y" in said
    assert "/etc/x" not in said
