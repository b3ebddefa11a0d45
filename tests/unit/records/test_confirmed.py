"""Which record a revert is made from, and which one it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests import older
from tests.unit import fakes
from tests.unit.records.test_manifest import NOON
from tests.unit.records.test_signature import allowed, key

from runbook.common.errors import CorrectParameters, Refused
from runbook.records import witness
from runbook.records.confirmed import find, refuse_another_digest
from runbook.records.predicate import Previous
from runbook.records.seal import seal
from runbook.records.signature import sign
from runbook.records.statement import sha256
from runbook.run.record import Folder

CHANGE = older.CONFIRMED.change_id
HOST = "server-01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The records of a host: one confirmed change, sealed."""
    shutil.copytree(older.CONFIRMED.record, tmp_path / HOST / CHANGE)
    seal(Folder(tmp_path / HOST / CHANGE), NOON)
    return tmp_path / HOST


def refused(folder: Path, change: str = "", signers: Path = Path("/nowhere")) -> str:
    with pytest.raises(CorrectParameters) as raised:
        find(folder, change, signers)
    said = str(raised.value)
    assert "no host was contacted" in said
    assert raised.value.then
    return said


def test_without_a_record_the_machine_that_has_it_is_asked_for(tmp_path: Path) -> None:
    said = refused(tmp_path / HOST)
    assert f"there is no record of a confirmed change of {HOST} here" in said
    assert "the machine that made it has it" in said


def test_a_change_that_has_no_record_is_refused_with_those_that_have(folder: Path) -> None:
    said = refused(folder, "20990101T000000Z-abcdef")
    assert "confirmed change 20990101T000000Z-abcdef" in said
    assert f"name one of: {CHANGE}" in said


@pytest.mark.parametrize("name", ["../../etc", "/etc", "..", "x" * 5000, "a\nb", "$(id)"])
def test_what_is_no_number_of_a_change_leads_nowhere(folder: Path, name: str) -> None:
    assert "is not the number of a change" in refused(folder, name)


@pytest.mark.parametrize("name", ["after.json", "before.json", "plan.json", "outcome.json"])
def test_one_byte_that_was_altered_is_refused(folder: Path, name: str) -> None:
    path = folder / CHANGE / name
    content = path.read_text()
    # What is read stays valid: only the manifest tells.
    path.write_text(f"{content} ")
    assert f"{name}: its SHA-256 is" in refused(folder)


def test_a_damaged_state_after_is_refused_before_its_content_is_used(folder: Path) -> None:
    (folder / CHANGE / "after.json").write_text("{")
    assert "after.json" in refused(folder)


def test_a_plan_that_was_forged_together_with_its_manifest_is_of_another_digest_on_the_host(
    folder: Path,
) -> None:
    host = fakes.standard_host()
    sealed = (folder / CHANGE / "record.json").read_bytes()
    witness.write(host, CHANGE, Previous(change_id=CHANGE, sha256=sha256(sealed)))
    refuse_another_digest(find(folder, CHANGE, Path("/nowhere")), host)

    plan = json.loads((folder / CHANGE / "plan.json").read_text())
    plan["deadline_override_s"] = 3000
    (folder / CHANGE / "plan.json").write_text(json.dumps(plan))
    (folder / CHANGE / "record.json").unlink()
    seal(Folder(folder / CHANGE), NOON)
    forged = find(folder, CHANGE, Path("/nowhere"))
    with pytest.raises(Refused, match="is not the one whose digest the host has"):
        refuse_another_digest(forged, host)


def test_a_record_that_says_that_it_confirmed_the_change_is_not_the_one_that_the_host_has(
    folder: Path,
) -> None:
    host = fakes.standard_host()
    sealed = (folder / CHANGE / "record.json").read_bytes()
    witness.write(host, CHANGE, Previous(change_id=CHANGE, sha256=sha256(sealed)))

    forged = folder / "20990101T000000Z-abcdef"
    shutil.copytree(older.CONFIRMED.record, forged)
    (forged / "found.json").write_text(json.dumps({"change_id": CHANGE}))
    outcome = json.loads((forged / "outcome.json").read_text())
    (forged / "outcome.json").write_text(json.dumps({**outcome, "change_id": forged.name}))
    seal(Folder(forged), NOON)
    found = find(folder, CHANGE, Path("/nowhere"))
    assert (found.made.name, found.confirmed) == (CHANGE, forged)
    with pytest.raises(Refused, match=f"{forged.name} is not the one whose digest the host has"):
        refuse_another_digest(found, host)


def test_the_record_of_another_run_that_confirmed_the_change_is_taken(folder: Path) -> None:
    later = folder / "20990101T000000Z-abcdef"
    shutil.copytree(older.CONFIRMED.record, later)
    (later / "found.json").write_text(json.dumps({"change_id": CHANGE}))
    outcome = json.loads((later / "outcome.json").read_text())
    (later / "outcome.json").write_text(json.dumps({**outcome, "change_id": later.name}))
    seal(Folder(later), NOON)
    host = fakes.standard_host()
    sealed = (later / "record.json").read_bytes()
    witness.write(host, CHANGE, Previous(change_id=later.name, sha256=sha256(sealed)))
    refuse_another_digest(find(folder, "", Path("/nowhere")), host)


def test_a_record_of_another_host_under_this_name_is_refused(folder: Path) -> None:
    other = folder.parent / "server-02"
    folder.rename(other)
    assert "the record is of server-01" in refused(other)


def test_a_record_that_a_stranger_signed_is_refused(folder: Path, tmp_path: Path) -> None:
    anna, eve = key(tmp_path, "anna"), key(tmp_path, "eve")
    content = (folder / CHANGE / "record.json").read_bytes()
    (folder / CHANGE / "record.json.sig").write_text(sign(content, str(eve)))
    signers = allowed(tmp_path, anna=anna)
    assert "record.json" in refused(folder, "", signers)
    (folder / CHANGE / "record.json.sig").write_text(sign(content, str(anna)))
    assert find(folder, "", signers).change.change_id == CHANGE


def test_a_record_that_was_never_sealed_is_refused_with_what_to_do(folder: Path) -> None:
    (folder / CHANGE / "record.json").unlink()
    said = refused(folder)
    assert "was not sealed" in said
    assert "runbook records close" in said


def test_a_file_that_somebody_laid_beside_it_alters_nothing(folder: Path) -> None:
    (folder / CHANGE / "notes.txt").write_text("mine\n")
    found = find(folder, "", Path("/nowhere"))
    assert found.change.change_id == CHANGE
    assert found.change.before.host == found.change.after.host == HOST
