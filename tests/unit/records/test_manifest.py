from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.records.begin import About, begin
from runbook.records.make_manifest import HostFiles
from runbook.records.manifest import Fault, load, verify
from runbook.records.predicate import RECORD, Envelope, Fact, Kind
from runbook.records.seal import seal
from runbook.run import record
from runbook.run.record import Ending, Folder, Outcome

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANGE = "20260301T120000Z-abc123"
PLAN = '{"is": "Plan"}'
JOURNAL = "/var/lib/runbook/x/journal"


def begun(outputs: Path, change_id: str = CHANGE, kind: Kind = "change") -> Folder:
    folder = record.create(outputs, "server-01", change_id)
    envelope = Envelope(ticket="CHG-4711", reason="guests need the LAN")
    begin(folder, About(kind, "server-01", "server-01", change_id), NOON, envelope)
    return folder


def ended(folder: Folder, ending: Ending = Ending.AS_PROMISED, minutes: int = 5) -> Folder:
    at = NOON + timedelta(minutes=minutes)
    folder.once("plan.json", PLAN)
    folder.end(Outcome(ending, "server-01", folder.path.name, "root@desk", at, "why"))
    return folder


def sealed(outputs: Path, change_id: str = CHANGE, minutes: int = 5) -> Folder:
    folder = ended(begun(outputs, change_id), minutes=minutes)
    seal(folder, NOON + timedelta(minutes=minutes))
    return folder


def faults(folder: Path) -> list[tuple[str, str]]:
    return [(finding.fault.value, finding.name) for finding in verify(folder)]


def test_one_flipped_bit_in_any_file_is_found_and_named(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    names = sorted(path.name for path in folder.iterdir() if path.name != "record.json")
    assert {"begun.json", "journal", "outcome.json", "plan.json"} <= set(names)
    for name in names:
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
        assert faults(folder) == [("changed", name)]
        (folder / name).write_bytes(kept)
    assert faults(folder) == []


def test_a_missing_and_an_added_file_are_found_and_named(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    (folder / "plan.json").rename(folder / "plan-old.json")
    assert faults(folder) == [("missing", "plan.json"), ("extra", "plan-old.json")]


def test_a_link_in_place_of_a_file_is_found_even_with_the_same_content(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "outputs").path
    (folder / "plan.json").rename(tmp_path / "elsewhere")
    (folder / "plan.json").symlink_to(tmp_path / "elsewhere")
    assert faults(folder) == [("unreadable", "plan.json")]


def test_a_named_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    (folder / "plan.json").unlink()
    os.mkfifo(folder / "plan.json")
    assert faults(folder) == [("unreadable", "plan.json")]


def test_a_folder_under_another_host_or_another_date_is_found(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    moved = tmp_path / "server-02" / "20270101T000000Z-abc123"
    moved.parent.mkdir()
    folder.rename(moved)
    (found,) = verify(moved)
    assert found.fault is Fault.MISPLACED
    assert "server-01" in found.text
    assert "20270101T000000Z-abc123" in found.text


def test_a_run_that_was_never_sealed_is_found(tmp_path: Path) -> None:
    assert faults(begun(tmp_path).path) == [("no manifest", "record.json")]


def test_a_manifest_that_names_a_file_elsewhere_reads_no_file_elsewhere(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    told = json.loads((folder / "record.json").read_text())
    told["subject"].append({"name": "../../secret", "digest": {"sha256": "0" * 64}})
    (folder / "record.json").write_text(json.dumps(told))
    (found,) = verify(folder)
    assert (found.fault, found.name) == (Fault.DAMAGED_MANIFEST, "../../secret")


BROKEN: dict[str, Any] = {
    "not JSON": lambda _: "{",
    "no object": lambda _: "[]",
    "another form": lambda told: json.dumps({**told, "_type": "https://example.org"}),
    "another predicate": lambda told: json.dumps({**told, "predicateType": "https://example.org"}),
    "a field too many": lambda told: json.dumps({**told, "x": 1}),
    "a field too few": lambda told: json.dumps({k: told[k] for k in told if k != "subject"}),
    "nested too deep": lambda _: "[" * 100_000,
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_manifest_that_is_none_is_found_and_never_a_crash(tmp_path: Path, case: str) -> None:
    folder = sealed(tmp_path).path
    told = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(BROKEN[case](told))
    (found,) = verify(folder)
    assert found.fault is Fault.DAMAGED_MANIFEST


@given(st.binary(max_size=200))
def test_no_content_of_a_manifest_is_a_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = sealed(tmp_path_factory.mktemp("any")).path
    (folder / "record.json").write_bytes(content)
    assert [found.fault for found in verify(folder)] == [Fault.DAMAGED_MANIFEST]


def test_sha256sum_alone_finds_the_flipped_byte(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    told = json.loads((folder / "record.json").read_text())
    lines = "".join(f"{one['digest']['sha256']}  {one['name']}\n" for one in told["subject"])
    command = ["sha256sum", "-c", "--strict"]

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, input=lines, cwd=folder, capture_output=True, text=True, check=False
        )

    assert check().returncode == 0
    (folder / "journal").write_text("edited\n")
    assert "journal: FAILED" in check().stdout


def test_the_plan_on_the_disk_is_what_its_digest_is_of(tmp_path: Path) -> None:
    folder = sealed(tmp_path)
    done = subprocess.run(
        ["sha256sum", folder.path / "plan.json"], capture_output=True, text=True, check=True
    )
    assert load(folder.path).predicate.plan_sha256 == done.stdout.split()[0]


def test_the_manifest_tells_who_why_when_and_how_it_ended(tmp_path: Path) -> None:
    told = load(sealed(tmp_path).path).predicate
    assert (told.host, told.change_id, told.kind) == ("server-01", CHANGE, "change")
    assert (told.ticket, told.reason) == ("CHG-4711", "guests need the LAN")
    assert (told.verdict.fact, told.verdict.words) == (Fact.CONFIRMED, "as promised")
    assert told.duration_s == 300
    assert told.operator is not None
    assert told.operator.person
    assert told.versions is not None
    assert told.versions.runbook


def test_what_the_host_keeps_is_among_the_subjects(tmp_path: Path) -> None:
    folder = ended(begun(tmp_path))
    seal(folder, NOON, HostFiles({JOURNAL: b"12:00 begins\n"}))
    manifest = load(folder.path)
    (found,) = [one for one in manifest.subject if one.name.startswith("host:")]
    assert found.name == f"host:{JOURNAL}"
    assert found.annotations == {"bytes": 13}
    assert manifest.predicate.host_files == "read"
    assert faults(folder.path) == []


def test_each_record_holds_the_digest_of_the_one_that_was_sealed_before_it(tmp_path: Path) -> None:
    first = sealed(tmp_path, "20260301T120000Z-aaaaaa", 5)
    # Began before the third, and ended after it.
    second = begun(tmp_path, "20260301T120100Z-bbbbbb")
    third = sealed(tmp_path, "20260301T120200Z-cccccc", 10)
    seal(ended(second, minutes=15), NOON + timedelta(minutes=15))

    def before(folder: Folder) -> str | None:
        found = load(folder.path).predicate.previous
        return found.change_id if found else None

    assert [before(each) for each in (first, third, second)] == [
        None,
        first.path.name,
        third.path.name,
    ]
    digest = subprocess.run(
        ["sha256sum", third.path / "record.json"], capture_output=True, text=True, check=True
    )
    previous = load(second.path).predicate.previous
    assert previous is not None
    assert digest.stdout.startswith(previous.sha256)


def test_a_damaged_record_before_it_keeps_no_record_from_its_seal(tmp_path: Path) -> None:
    first = sealed(tmp_path, "20260301T120000Z-aaaaaa")
    (first.path / "record.json").write_text("{")
    (tmp_path / "server-01" / "notes.txt").write_text("somebody's own\n")
    second = sealed(tmp_path, "20260301T130000Z-bbbbbb")
    assert load(second.path).predicate.previous is None


def test_a_sealed_record_is_never_sealed_again(tmp_path: Path) -> None:
    folder = sealed(tmp_path)
    kept = (folder.path / "record.json").read_bytes()
    folder.once("late.txt", "x")
    assert seal(folder, NOON) == ""
    assert (folder.path / "record.json").read_bytes() == kept


def test_a_run_that_died_says_so_with_its_last_line(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    folder.note(NOON, "Phase network: begins")
    seal(folder, NOON)
    told = load(folder.path).predicate
    assert told.verdict.fact is Fact.DIED
    assert "Phase network: begins" in told.verdict.said


SIGNS: Mapping[str, str] = {
    "found.json": "undo",
    "seen.json": "survey",
    "guests-asked.json": "guest",
    "approval.json": "change",
    "plan.json": "plan",
}


@pytest.mark.parametrize("name", SIGNS)
def test_a_record_from_before_the_manifest_gets_one_of_what_it_has(
    tmp_path: Path, name: str
) -> None:
    folder = record.create(tmp_path, "server-01", CHANGE)
    folder.once(name, "{}")
    seal(folder, NOON)
    told = load(folder.path).predicate
    assert (told.kind, told.operator, told.begun) == (SIGNS[name], None, NOON)


def test_the_time_without_the_host_is_in_one_figure(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    answers = [(0.0, 1.0), (0.1, 2.0), (0.2, None), (1.2, 500.0)]
    rows = [{"is": "Answer", "at_s": at, "rtt_ms": took} for at, took in answers]
    folder.once("pulse.json", json.dumps([*rows, {"is": "Event", "at_s": 0.1, "what": "cutover"}]))
    seal(ended(folder), NOON)
    told = load(folder.path).predicate.absence
    assert told is not None
    assert (told.asked, told.lost, told.longest_answer_ms) == (4, 1, 500.0)
    assert told.longest_silence_s == pytest.approx(1.598)


def test_it_is_an_in_toto_statement(tmp_path: Path) -> None:
    told = json.loads((sealed(tmp_path).path / "record.json").read_text())
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    assert told["predicateType"] == RECORD
    assert all(set(one["digest"]) == {"sha256"} for one in told["subject"])


def test_secrets_in_what_was_said_are_not_in_the_manifest(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    said = "the guest said: password=hunter2hunter2"
    folder.end(Outcome(Ending.REFUSED, "server-01", CHANGE, "root@desk", NOON, said))
    seal(folder, NOON)
    assert "hunter2" not in (folder.path / "record.json").read_text()
