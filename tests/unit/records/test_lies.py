"""Somebody makes a record say what did not happen, with nothing but write access to it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.records import kept
from tests.unit.records.test_signature import allowed, key

from runbook.cli import runbook
from runbook.records import close as closing
from runbook.records import later_manifest
from runbook.records.files import CLOSED
from runbook.records.read_entry import read
from runbook.records.signature import APPROVAL, sign
from runbook.records.statement import subject
from runbook.run.record import NOTEBOOK, Ending

A, B, OPEN = (f"server-01/{kept.number(day)}" for day in (1, 2, 3))


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two records that are over, each with its notebook, and one that needs a person."""
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    for day in (1, 2):
        folder = kept.sealed(tmp_path / "outputs", day)
        (folder / NOTEBOOK).write_text(f"the notebook of day {day}")
        later_manifest.join(folder, "notebook", (NOTEBOOK,))
    kept.sealed(tmp_path / "outputs", 3, Ending.UNKNOWN)
    return tmp_path / "outputs"


def verify(*words: str) -> Result:
    return CliRunner().invoke(runbook, ["records", "verify", *words])


def later(folder: Path, name: str, *names: str, **predicate: str) -> None:
    """A manifest that a person writes by hand, of files that are in the folder."""
    told = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            subject(one, (folder / one).read_bytes()).model_dump(mode="json") for one in names
        ],
        "predicateType": "https://runbook.invalid/joined/v1",
        "predicate": {"change_id": folder.name, **predicate},
    }
    (folder / name).write_text(json.dumps(told))


def notebooks_swapped(outputs: Path) -> None:
    """Each record shows the other's notebook, with the manifest that proves it."""
    for name in (NOTEBOOK, "later-notebook.json"):
        first, second = outputs / A / name, outputs / B / name
        aside = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(aside)


def altered_after_a_closing(outputs: Path) -> None:
    """The closing has the old digest of record.json, and a later manifest the new one."""
    folder = outputs / OPEN
    closing.close(outputs, read(folder), "it is off the LAN", kept.NOON, "")
    path = folder / "record.json"
    path.write_text(path.read_text().replace("unknown: go to the console", "as promised"))
    later(folder, "later-zz.json", "record.json")


def altered_file_with_a_digest_of_its_own(outputs: Path) -> None:
    folder = outputs / A
    (folder / "journal").write_text("2026-03-02T12:00:00+00:00 nothing happened\n")
    later(folder, "later-aa.json", "journal")


def file_named_twice(outputs: Path) -> None:
    folder = outputs / A
    (folder / "evidence").write_text("one")
    later(folder, "later-aa.json", "evidence", "evidence")


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (notebooks_swapped, f"{A}: later-notebook.json: misplaced"),
        (altered_after_a_closing, f"{OPEN}: later-zz.json: changed"),
        (altered_file_with_a_digest_of_its_own, f"{A}: later-aa.json: changed"),
        (file_named_twice, f"{A}: later-aa.json: damaged manifest"),
    ],
)
def test_a_lie_is_found_and_named(outputs: Path, lie: Callable[[Path], None], says: str) -> None:
    assert verify().exit_code == 0
    lie(outputs)
    found = verify()
    assert found.exit_code == 4
    assert f"altered: {says}" in found.output


def empty(folder: Path) -> None:
    (folder / CLOSED).touch()


def of_another_record(folder: Path) -> None:
    outputs = folder.parents[1]
    kept.sealed(outputs, 4, Ending.UNKNOWN)
    other = outputs / "server-01" / kept.number(4)
    closing.close(outputs, read(other), "it is as it was", kept.NOON, "")
    shutil.copy(other / CLOSED, folder / CLOSED)


def by_hand(folder: Path) -> None:
    later(folder, CLOSED, "record.json")


@pytest.mark.parametrize("lie", [empty, of_another_record, by_hand])
def test_what_is_no_closing_of_this_record_leaves_it_open(
    outputs: Path, lie: Callable[[Path], None]
) -> None:
    lie(outputs / OPEN)
    assert read(outputs / OPEN).open


def unsigned_closing(outputs: Path) -> str:
    closing.close(outputs, read(outputs / OPEN), "all is well", kept.NOON, "")
    return CLOSED


def signature_gone(outputs: Path) -> str:
    (outputs / OPEN / "record.json.sig").unlink()
    return "record.json"


@pytest.mark.parametrize("lie", [unsigned_closing, signature_gone])
def test_of_a_record_that_is_signed_nothing_counts_as_proved_that_is_not(
    outputs: Path, tmp_path: Path, lie: Callable[[Path], str]
) -> None:
    ann = key(tmp_path, "ann")
    allowed(tmp_path / "params", ann=ann)
    shutil.rmtree(outputs)
    kept.sealed(outputs, 3, Ending.UNKNOWN, sign_with=str(ann))
    if lie is signature_gone:
        # What a version before this one joined to a record has no digest of record.json.
        (outputs / OPEN / NOTEBOOK).write_text("the notebook")
        later(outputs / OPEN, "later-notebook.json", NOTEBOOK)
        path = outputs / OPEN / "later-notebook.json"
        path.with_name(f"{path.name}.sig").write_text(sign(path.read_bytes(), str(ann)))
    assert verify("--signed").exit_code == 0
    name = lie(outputs)
    found = verify()
    assert found.exit_code == 3
    assert f"not proved: {OPEN}: {name}: not signed" in found.output
    assert verify("--signed").exit_code == 4


def test_a_list_of_what_was_handed_over_hides_no_removal_in_silence(outputs: Path) -> None:
    forged = outputs / ".handed-over/20260301T120000Z.json"
    forged.parent.mkdir()
    digest = subject("", (outputs / A / "record.json").read_bytes()).digest.sha256
    forged.write_text(json.dumps({"to": "x", "records": {A: digest}}))
    shutil.rmtree(outputs / A)
    found = verify()
    assert "not verified: 1 record handed over" in found.output
    assert json.loads(verify("--json").output)["handed_over"] == 1


def test_what_joins_a_signed_record_is_signed_by_the_same_key_and_by_no_other_that_it_names(
    outputs: Path, tmp_path: Path
) -> None:
    ann, eve = key(tmp_path, "ann"), key(tmp_path, "eve")
    allowed(tmp_path / "params", ann=ann, eve=eve)
    shutil.rmtree(outputs)
    for day, named in ((1, ann), (2, eve)):
        params = json.dumps({"sign_with": {"value": str(named), "source": "injected"}})
        folder = kept.sealed(outputs, day, sign_with=str(ann), params_json=params)
        (folder / NOTEBOOK).write_text("the notebook")
        later_manifest.join(folder, "notebook", (NOTEBOOK,))
    assert (outputs / A / "later-notebook.json.sig").is_file()
    assert not (outputs / B / "later-notebook.json.sig").exists()
    assert f"not proved: {B}: later-notebook.json: not signed" in verify().output


PLAN = '{"is": "a plan"}'
DIGEST = hashlib.sha256(PLAN.encode()).hexdigest()


@pytest.mark.parametrize(
    ("other", "by", "says"),
    [
        ({}, "ann", ""),
        ({"host": "server-02"}, "ann", "host, plan or ticket of the record is another one"),
        ({"plan": "e" * 64}, "ann", "host, plan or ticket of the record is another one"),
        ({"ticket": "CHG-9"}, "ann", "host, plan or ticket of the record is another one"),
        ({"until": "2026-03-02T12:00+00:00"}, "ann", "was good until"),
        ({}, "bert", "ann signed it, and the record names bert"),
    ],
)
def test_an_approval_of_another_change_or_person_is_found_in_the_record(
    outputs: Path, tmp_path: Path, other: dict[str, str], by: str, says: str
) -> None:
    ann = key(tmp_path, "ann")
    allowed(tmp_path / "params", ann=ann)
    lines = {"host": "server-01", "plan": DIGEST, "ticket": "CHG-5", "until": "2027-01-01T00:00Z"}
    text = "".join(f"{name}: {value}\n" for name, value in {**lines, **other}.items())
    used = {"who": "root@vm", "how": "signed", "plan": DIGEST, "approved_by": by}
    signed = sign(text.encode(), str(ann), APPROVAL)
    kept.sealed(
        outputs,
        5,
        plan_json=PLAN,
        approval_json=json.dumps({**used, "at": "2026-03-06T12:03:00+00:00"}),
        approval_txt=text,
        approval_txt_sig=signed,
    )
    found = verify()
    assert found.exit_code == (4 if says else 0), found.output
    assert says in found.output
    # What cannot be checked is no proof: a moment without a zone, a signer who is not named here.
    folder = outputs / "server-01" / kept.number(5)
    path = folder / "record.json"
    path.write_text(path.read_text().replace("12:03:00+00:00", "12:03:00"))
    if by == "ann" and set(other) <= {"until"}:
        assert "approval.txt.sig: approval: the approval cannot be checked" in verify().output
    (tmp_path / "params/allowed_signers").unlink()
    assert "approval.txt.sig" in verify().output
