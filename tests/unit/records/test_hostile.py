"""Records that somebody else made: they are data, and choose nothing that is read or printed."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.records import kept

from runbook.cli import runbook
from runbook.common.errors import RunbookError
from runbook.records import person
from runbook.records.index import FOLDER, NAME

N = kept.number(1)
LIST, VERIFY, SHOW = ("list",), ("verify",), ("show", N)
CLOSE = ("close", N, "--because", "looked")
PRIVATE = "the operator's own"
STATEMENT = "https://in-toto.io/Statement/v1"
Make = Callable[[Path], object]


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return tmp_path / "outputs"


def told(*words: str) -> str:
    """What the command prints; a traceback fails."""
    result = CliRunner().invoke(runbook, ["records", *words])
    if isinstance(result.exception, RunbookError):
        return str(result.exception)
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    return result.output


def no_pipe(name: str, *gone: str) -> Make:
    """A record with a named pipe in the place of a file."""

    def make(folder: Path) -> None:
        for one in (name, *gone):
            (folder / one).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return make


def signed_pipe(folder: Path) -> None:
    no_pipe("record.json")(folder)
    (folder / "record.json.sig").write_text("x")


def holding(name: str, text: str, *gone: str) -> Make:
    def make(folder: Path) -> None:
        for one in gone:
            (folder / one).unlink()
        (folder / name).write_text(text)

    return make


def with_subject(name: str) -> Make:
    subject = [{"name": name, "digest": {"sha256": "0" * 64}}]
    return holding("later-x.json", json.dumps({"_type": STATEMENT, "subject": subject}))


def dated(moment: str) -> Make:
    def make(folder: Path) -> None:
        record = json.loads((folder / "record.json").read_text())
        record["predicate"] |= {"begun": moment, "ended": moment}
        (folder / "record.json").write_text(json.dumps(record))

    return make


def died(name: str, text: str) -> Make:
    """An open record of a run that died a while ago."""

    def make(folder: Path) -> None:
        for one in ("record.json", "outcome.json"):
            (folder / one).unlink()
        (folder / "undo").write_text("x")
        (folder / "journal").write_text("2026-03-02T12:00:00+00:00 x\n")
        (folder / name).write_text(text)

    return make


def numbered(name: str) -> Make:
    def make(folder: Path) -> None:
        record = json.loads((folder / "record.json").read_text())
        record["predicate"]["change_id"] = name
        (folder / "record.json").write_text(json.dumps(record))
        folder.rename(folder.with_name(name))

    return make


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (no_pipe("outcome.json", "record.json"), LIST),
        (no_pipe("begun.json", "record.json"), LIST),
        (no_pipe("journal", "record.json"), LIST),
        (no_pipe("begun.json", "record.json"), CLOSE),
        (signed_pipe, VERIFY),
        (signed_pipe, SHOW),
        (holding("outcome.json", "[1]", "record.json"), LIST),
        (holding("outcome.json", "null", "record.json"), LIST),
        (holding("outcome.json", "[" * 100_000, "record.json"), LIST),
        (with_subject("a\0b"), VERIFY),
        (with_subject("\ud800"), SHOW),
        (dated("0001-01-01T00:00:00+14:00"), VERIFY),
        (dated("9999-12-31T23:59:59-14:00"), VERIFY),
        (numbered("00010101T000000Z-ab"), VERIFY),
        (numbered("99991231T235959Z-ab"), VERIFY),
        (died("journal", "2026-03-02T12:00:00 x\n"), CLOSE),
        (died("pulse.json", "[" * 100_000), CLOSE),
        (died("pulse.json", f'[{{"rtt_ms": 1{"0" * 400}, "at_s": 1}}]'), CLOSE),
    ],
)
def test_no_record_hangs_a_command_or_ends_it_in_a_traceback(
    outputs: Path, make: Make, words: tuple[str, ...]
) -> None:
    make(kept.sealed(outputs, 1))
    assert told(*words)


@pytest.mark.parametrize(
    "words",
    [
        ("search", " "),
        ("list", "--most", "9" * 20),
        ("list", "--most", "-1"),
        ("list", "--person", "x" * 60_000),
    ],
)
def test_odd_questions_are_answered_in_words(outputs: Path, words: tuple[str, ...]) -> None:
    kept.sealed(outputs, 1)
    assert told(*words)


@pytest.mark.parametrize(
    "words", [("export", "{}/to"), ("hand-over", "{}/to", "--until", "2030-01-01", "--do")]
)
def test_no_file_of_the_operator_leaves_in_a_bag(
    outputs: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = kept.sealed(outputs, 1, kind="plan")
    kept.sealed(outputs, 2)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "key").write_text(PRIVATE)
    (folder / "key.txt").symlink_to(tmp_path / "own" / "key")
    folder.with_name("20260301T000000Z-aa").symlink_to(tmp_path / "own")
    (outputs / "server-02").symlink_to(tmp_path)
    told(*(word.format(tmp_path) for word in words))
    there = [path for path in (tmp_path / "to").rglob("*") if path.is_file()]
    assert not [path for path in there if PRIVATE in path.read_text()]
    assert folder.is_dir()
    assert (tmp_path / "own" / "key").read_text() == PRIVATE


def test_a_link_in_the_place_of_a_record_is_named(outputs: Path, tmp_path: Path) -> None:
    folder = kept.sealed(outputs, 1)
    moved = folder.rename(tmp_path / folder.name)
    folder.symlink_to(moved)
    assert f"server-01/{folder.name}: a link" in told("verify")


def test_a_folder_that_is_no_text_is_no_record(outputs: Path) -> None:
    kept.sealed(outputs, 1)
    (outputs / "server-01" / "2026\udcff").mkdir()
    assert N in told("list")


@pytest.mark.parametrize("name", ["x\x1b]0;title\x07", "x\n1 record, 0 findings", "x\udc9b2J"])
@pytest.mark.parametrize("words", [("verify",), ("show", N), ("export", "{}/to")])
def test_a_files_name_drives_no_terminal_and_makes_no_line(
    outputs: Path, tmp_path: Path, name: str, words: tuple[str, ...]
) -> None:
    os.mkfifo(kept.sealed(outputs, 1) / name)
    lines = told(*(word.format(tmp_path) for word in words)).splitlines()
    assert all(line.isprintable() for line in lines)
    assert "1 record, 0 findings" not in lines


def test_a_reason_makes_no_line_of_its_own(outputs: Path) -> None:
    folder = kept.sealed(outputs, 1)
    record = json.loads((folder / "record.json").read_text())
    record["predicate"]["reason"] = "x\nintegrity  as it was sealed"
    (folder / "record.json").write_text(json.dumps(record))
    assert "integrity  as it was sealed" not in told(*SHOW).splitlines()


def test_an_index_of_somebody_else_names_no_other_folder(outputs: Path) -> None:
    kept.sealed(outputs, 1)
    told("list")
    with sqlite3.connect(outputs / FOLDER / NAME) as database:
        database.execute(
            "CREATE TRIGGER t AFTER DELETE ON records WHEN OLD.place NOT LIKE '..%' BEGIN"
            " INSERT INTO records (stamp, place, host, change_id, kind, subject, person, begun,"
            " ended, fact, words, said, ticket, reason, sealed, open, links) VALUES ('',"
            " '../../etc', 'server-01', 'zzz', '', '', '', '', '', '', '', '', '', '', 1, 0, '[]');"
            " END"
        )
    (outputs / "server-01" / N / "outcome.json").touch()
    assert "zzz" not in told("list")


def test_another_hosts_record_closes_nothing(outputs: Path) -> None:
    folder = kept.sealed(outputs, 1)
    for one in ("record.json", "outcome.json"):
        (folder / one).unlink()
    (folder / "undo").write_text("x")
    other = kept.sealed(outputs, 2, host="server-02", found_json=json.dumps({"change_id": N}))
    assert other.is_dir()
    assert "! " in told("list", "--host", "server-01")


def test_a_file_whose_name_is_no_text_is_exported(outputs: Path, tmp_path: Path) -> None:
    (kept.sealed(outputs, 1) / "a\udcff").write_text("x")
    assert "1 record in" in told("export", f"{tmp_path}/to")
    json.loads((tmp_path / "to" / "data" / "ro-crate-metadata.json").read_text())


def test_an_account_that_is_no_text_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "r\udcff\x1b")
    assert person.operator().account == "r\\xff\\x1b"
