from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.redact import is_secret
from runbook.params import NAMES
from runbook.run import record
from runbook.run.record import Ending, Folder, Outcome, RecordNotWritten

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WANTED = {
    *("as promised", "nothing to do", "planned only", "only looked", "undone: as before"),
    *("surveyed: its file is written", "the host is not as its record says"),
}
CHANGE = "20260301T120000Z-abc123"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return record.create(tmp_path / "outputs", "server-01", CHANGE)


def outcome(ending: Ending) -> Outcome:
    return Outcome(ending, "server-01", CHANGE, "root@desk", NOW, "why")


def test_a_record_that_cannot_be_begun_says_where_and_why_and_that_nothing_was_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "outputs").write_text("")
    with pytest.raises(RecordNotWritten) as raised:
        record.create(tmp_path / "outputs", "server-01", CHANGE)
    said = str(raised.value)
    assert str(tmp_path / "outputs" / "server-01") in said
    assert "File exists" in said or "Not a directory" in said
    assert "nothing was written on the host" in said


def test_a_product_that_cannot_be_written_before_arming_stops_the_run_by_name(
    folder: Folder,
) -> None:
    folder.path.rmdir()
    with pytest.raises(RecordNotWritten, match="No such file or directory"):
        folder.once("before.json", "{}")
    with pytest.raises(RecordNotWritten, match="No such file or directory"):
        folder.note(NOW, "began")
    folder.comes_second()
    folder.note(NOW, "goes on")


def test_a_run_folder_is_for_its_owner_only(folder: Folder) -> None:
    folder.once("before.json", "{}")
    folder.note(NOW, "began")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    for path in folder.path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_product_is_written_once_and_the_first_stays(folder: Folder) -> None:
    folder.once("undo", "first")
    with pytest.raises(FileExistsError):
        folder.once("undo", "second")
    assert (folder.path / "undo").read_text() == "first"
    assert [p.name for p in folder.path.iterdir()] == ["undo"]


def test_a_product_with_a_byte_that_is_not_utf8_is_kept_to_the_byte(folder: Folder) -> None:
    folder.once("undo", "iptables -D f\udcfcr\n")
    folder.once_json("said.json", {"path": "f\udcfcr"})
    folder.note(NOW, "f\udcfcr")
    assert (folder.path / "undo").read_bytes() == b"iptables -D f\xfcr\n"
    assert json.loads((folder.path / "said.json").read_text("utf-8")) == {"path": "f\udcfcr"}
    assert (folder.path / "journal").read_bytes().endswith(b"f\\xfcr\n")


def test_no_text_keeps_a_product_from_being_written(folder: Folder) -> None:
    folder.once("error.txt", "a surrogate that no byte made: \ud800")
    assert "ud800" in (folder.path / "error.txt").read_text("utf-8")


def test_what_may_be_made_anew_is_numbered(folder: Folder) -> None:
    made = [folder.again_json("plan.json", n).name for n in range(3)]
    assert made == ["plan.json", "plan-2.json", "plan-3.json"]


def test_two_runs_never_share_a_folder(folder: Folder) -> None:
    with pytest.raises(FileExistsError):
        record.create(folder.path.parents[1], "server-01", CHANGE)


def test_the_last_word_is_spoken_once(folder: Folder) -> None:
    folder.end(outcome(Ending.REFUSED))
    with pytest.raises(FileExistsError):
        folder.end(outcome(Ending.AS_PROMISED))
    assert record.read(folder.path).told == "refused"


def test_a_run_without_a_last_word_died_in_the_middle_or_goes_on(folder: Folder) -> None:
    folder.note(NOW, "Phase cutover: begins")
    assert "died, or goes on" in record.read(folder.path).told
    assert "Phase cutover: begins" in record.read(folder.path).told


def test_a_run_that_wrote_nothing_can_be_read(folder: Folder) -> None:
    assert "died, or goes on" in record.read(folder.path).told


def test_the_journal_grows_line_by_line_whatever_an_event_holds(folder: Folder) -> None:
    folder.note(NOW, "one\ntwo")
    folder.note(NOW, "three")
    assert len(record.read(folder.path).journal) == 2


@pytest.mark.parametrize("ending", list(Ending))
def test_only_an_ending_as_wanted_is_a_success(folder: Folder, ending: Ending) -> None:
    folder.end(outcome(ending))
    told = record.read(folder.path).outcome
    assert told["outcome"] == ending.value
    assert (told["exit"] == 0) == (ending in WANTED)
    assert {"host", "operator", "at", "change_id"} <= set(told)


@given(
    st.sampled_from(["password", "wpa-psk", "api_key", "TOKEN", "db_passwd"]), st.text(min_size=1)
)
def test_no_secret_is_kept_in_json(name: str, value: str) -> None:
    told = json.loads(record.as_json({"values": [{name: value, "address": "172.16.1.1/16"}]}))
    assert told["values"][0][name] == "<redacted>"
    assert told["values"][0]["address"] == "172.16.1.1/16"


def test_no_parameter_of_ours_is_taken_for_a_secret() -> None:
    assert [name for name in NAMES if is_secret(name)] == []
