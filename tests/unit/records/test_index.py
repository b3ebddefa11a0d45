"""Records are listed and searched, whatever happened to the index or to a record."""

from __future__ import annotations

import json
import os
import shutil
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import older
from tests.unit.records import kept

from runbook.records.begin import About, begin
from runbook.records.entry import Entry
from runbook.records.files import newest_first
from runbook.records.index import FOLDER, NAME, Wanted, opened
from runbook.run import record
from runbook.run.at_work import WAITING
from runbook.run.record import Ending

FOUND = json.dumps({"change_id": kept.number(3)})


def entries(outputs: Path, **wanted: object) -> tuple[Entry, ...]:
    with opened(outputs) as index:
        return index.entries(Wanted(**wanted))  # type: ignore[arg-type] # by name


def places(outputs: Path, **wanted: object) -> list[str]:
    return [entry.change_id[-1] for entry in entries(outputs, **wanted)]


def test_no_records_are_no_error_and_leave_no_index(tmp_path: Path) -> None:
    assert entries(tmp_path / "outputs") == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_index_is_made_anew(tmp_path: Path, content: bytes) -> None:
    kept.sealed(tmp_path, 1)
    assert places(tmp_path) == ["1"]
    (tmp_path / FOLDER / NAME).write_bytes(content)
    assert places(tmp_path, text="CHG-1") == ["1"]


def test_without_a_place_for_the_index_it_is_made_in_memory(tmp_path: Path) -> None:
    kept.sealed(tmp_path, 1)
    (tmp_path / FOLDER).write_text("in the way")
    assert places(tmp_path) == ["1"]


def test_only_the_owner_can_read_the_index(tmp_path: Path) -> None:
    kept.sealed(tmp_path, 1)
    entries(tmp_path)
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700


def test_a_record_says_whose_when_how_and_why(tmp_path: Path) -> None:
    kept.sealed(tmp_path, 1)
    (one,) = entries(tmp_path)
    assert (one.place, one.kind, one.fact) == (f"server-01/{kept.number(1)}", "change", "confirmed")
    assert (one.ticket, one.reason) == ("CHG-1", "the guests need the LAN")
    assert one.begun == "2026-03-02T12:00:02+00:00"
    assert one.duration_s == 298
    assert one.person
    assert one.sealed
    assert not one.open


def test_a_new_a_changed_and_a_removed_record_are_noticed(tmp_path: Path) -> None:
    first = kept.sealed(tmp_path, 1)
    assert places(tmp_path) == ["1"]
    running = kept.begun(tmp_path, 2)
    assert [e.words for e in entries(tmp_path)] == ["died, or goes on", "as promised"]
    (running.path / "outcome.json").write_text(
        json.dumps({"outcome": "refused", "said": "no", "at": "x"})
    )
    assert [e.fact for e in entries(tmp_path)] == ["refused", "confirmed"]
    shutil.rmtree(first)
    assert places(tmp_path) == ["2"]
    assert places(tmp_path, text="172.16.1.1/16") == []


def test_a_run_that_goes_on_waits_or_died_is_told_apart_and_nothing_is_written_for_it(
    tmp_path: Path,
) -> None:
    folder = kept.begun(tmp_path, 1)
    folder.once("undo", "#!/bin/sh\n")
    folder.hold()
    (one,) = entries(tmp_path)
    assert (one.fact, one.words, one.open) == ("running", "goes on", False)
    assert one.said.startswith("process ")
    assert one.said.endswith("Planning: begins")
    folder.note(kept.NOON, f"{WAITING}: begins")
    (one,) = entries(tmp_path, verdict="waiting")
    assert (one.words, one.open) == ("waits for a person's answer", False)
    folder.note(kept.NOON, f"{WAITING}: done")
    assert [e.fact for e in entries(tmp_path)] == ["running"]
    del folder
    (one,) = entries(tmp_path)
    assert (one.fact, one.words, one.open) == ("died", "died in the middle", True)


def test_outputs_may_be_moved_and_merged(tmp_path: Path) -> None:
    kept.sealed(tmp_path / "a", 1)
    kept.sealed(tmp_path / "b", 2, host="server-02")
    assert places(tmp_path / "a") == ["1"]
    shutil.copytree(tmp_path / "b", tmp_path / "a", dirs_exist_ok=True)
    (tmp_path / "a").rename(tmp_path / "moved")
    assert places(tmp_path / "moved") == ["2", "1"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("record.json", "{"), ("record.json", "[]"), ("outcome.json", "\x00")),
        *(("begun.json", "null"), ("outcome.json", '{"said": "\\ud800 \\u0000"}')),
    ],
)
def test_a_damaged_record_is_listed_and_never_stops_the_list(
    tmp_path: Path, name: str, content: str
) -> None:
    kept.sealed(tmp_path, 1)
    damaged = kept.sealed(tmp_path, 2)
    if name != "record.json":
        (damaged / "record.json").unlink()
    (damaged / name).write_text(content)
    assert sorted(places(tmp_path)) == ["1", "2"]


def test_a_record_that_cannot_be_read_is_open_and_first(tmp_path: Path) -> None:
    (kept.sealed(tmp_path, 1) / "record.json").write_text("{")
    kept.sealed(tmp_path, 2)
    assert places(tmp_path) == ["1", "2"]
    assert entries(tmp_path)[0].words.startswith("cannot be read: record.json: ")


def test_what_needs_a_person_is_first_until_a_later_run_has_ended_it(tmp_path: Path) -> None:
    kept.begun(tmp_path, 1)  # died before anything was armed
    kept.sealed(tmp_path, 2, Ending.UNKNOWN)
    kept.begun(tmp_path, 3).once("undo", "#!/bin/sh\n")
    kept.sealed(tmp_path, 4)
    assert places(tmp_path) == ["3", "2", "4", "1"]
    kept.sealed(tmp_path, 5, Ending.LOOKED, kind="undo", found_json=FOUND)
    assert places(tmp_path) == ["3", "2", "5", "4", "1"]
    kept.sealed(tmp_path, 6, Ending.UNDONE, kind="undo", found_json=FOUND)
    assert places(tmp_path) == ["2", "6", "5", "4", "3", "1"]
    assert [entry.open for entry in entries(tmp_path, host="server-01")][:2] == [True, False]


def test_each_filter_leaves_what_fits(tmp_path: Path) -> None:
    for day in range(1, 5):
        kept.sealed(tmp_path, day)
    kept.sealed(tmp_path, 5, Ending.REFUSED, host="server-02", kind="guest")
    assert places(tmp_path, host="server-02") == ["5"]
    assert places(tmp_path, host="server") == []
    assert places(tmp_path, kind="guest") == ["5"]
    assert places(tmp_path, verdict="confirmed", most=1) == ["4"]
    assert places(tmp_path, verdict="as promised", ticket="CHG-2") == ["2"]
    assert places(tmp_path, since="2026-03-03", until="2026-03-04") == ["3", "2"]
    assert places(tmp_path, change=kept.number(3)[:8]) == ["3"]
    assert places(tmp_path, person="nobody at all") == []


def test_a_search_finds_an_address_a_file_and_a_reason_and_no_part_of_a_number(
    tmp_path: Path,
) -> None:
    kept.sealed(tmp_path, 1, error_txt="/etc/network/interfaces.d/lan is new")
    kept.sealed(tmp_path, 11, after_json='{"addresses": "10.99.99.99"}')
    assert places(tmp_path, text="172.16.1.1/16") == ["1"]
    assert places(tmp_path, text="interfaces.d/lan CHG-1") == ["1"]
    assert places(tmp_path, text="guests LAN") == ["b", "1"]
    # A whole state is not searched: each host has every address of its own in it.
    assert places(tmp_path, text="10.99.99.99") == []
    with opened(tmp_path) as index:
        assert "[interfaces]" in index.about("interfaces", f"server-01/{kept.number(1)}")


@given(st.text(max_size=30) | st.sampled_from(["\udc80", "a\0b", '"', "AND OR NOT", "*", "{x}: y"]))
def test_whatever_is_searched_for_is_no_error(words: str) -> None:
    assert entries(older.DATA / "nothing", text=words) == ()


def test_records_of_an_older_version_and_strange_folders(tmp_path: Path) -> None:
    place = tmp_path / "server-01" / older.CONFIRMED.change_id
    shutil.copytree(older.CONFIRMED.record, place)
    (tmp_path / "_desk/20260101T000000Z").mkdir(parents=True)
    (tmp_path / "server-01/.half").mkdir()
    (tmp_path / "README.md").write_text("")
    os.mkfifo(place / "pipe")
    (one,) = entries(tmp_path)
    assert (one.change_id, one.fact, one.sealed) == (older.CONFIRMED.change_id, "confirmed", False)


@pytest.mark.parametrize("numbers", [("aaaaaa", "bbbbbb"), ("bbbbbb", "aaaaaa")])
def test_runs_of_one_second_are_in_the_order_in_which_they_began(
    tmp_path: Path, numbers: tuple[str, str]
) -> None:
    changes = [f"20260301T120000Z-{number}" for number in numbers]
    for milliseconds, change in enumerate(changes, start=1):
        folder = record.create(tmp_path, kept.HOST, change)
        at = kept.NOON + timedelta(milliseconds=milliseconds)
        begin(folder, About("audit", kept.HOST, kept.HOST, change), at)
    assert [entry.change_id for entry in entries(tmp_path)] == changes[::-1]
    folders = newest_first((tmp_path / kept.HOST).iterdir())
    assert [folder.name for folder in folders] == changes[::-1]
