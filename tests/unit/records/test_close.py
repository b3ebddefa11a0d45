"""A record that needed a person is closed by one, and not by accident."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.records import kept
from tests.unit.records.test_audit_trail import key

from runbook.cli import runbook
from runbook.common.errors import CorrectParameters
from runbook.records import close as closing
from runbook.records.read_entry import read
from runbook.records.signature import ALLOWED_SIGNERS
from runbook.run.record import Ending

WHY = "looked at the console: the address is on the NIC"


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    kept.sealed(tmp_path / "outputs", 1)
    kept.sealed(tmp_path / "outputs", 2, Ending.UNKNOWN)
    return tmp_path / "outputs"


def call(*words: str) -> Result:
    return CliRunner().invoke(runbook, ["records", *words])


def marked() -> list[str]:
    told = json.loads(call("list", "--json").output)
    return [one["change_id"] for one in told if one["open"]]


def test_a_record_that_is_not_open_is_not_closed(outputs: Path) -> None:
    done = call("close", kept.number(1), "--because", WHY)
    assert "it is not open" in str(done.exception)
    assert call("close", kept.number(2)).exit_code == 2
    assert not list(outputs.glob("*/*/later-*"))


def test_a_closed_record_is_not_marked_any_more_and_stays_as_it_was_sealed(outputs: Path) -> None:
    assert marked() == [kept.number(2)]
    before = (outputs / "server-01" / kept.number(2) / "record.json").read_bytes()
    assert call("close", kept.number(2), "--because", WHY).exit_code == 0
    assert marked() == []
    assert (outputs / "server-01" / kept.number(2) / "record.json").read_bytes() == before
    assert call("verify").exit_code == 0
    shown = call("show", kept.number(2)).output
    assert WHY in shown
    assert "it is not open" in str(call("close", kept.number(2), "--because", "no").exception)


def test_the_closing_says_if_the_record_is_altered_afterwards(outputs: Path) -> None:
    call("close", kept.number(2), "--because", WHY)
    path = outputs / "server-01" / kept.number(2) / "record.json"
    path.write_text(path.read_text().replace("the guests need the LAN", "another"))
    found = call("verify")
    assert found.exit_code == 4
    assert "record.json: changed" in found.output


def test_the_record_of_a_run_that_died_armed_is_sealed_and_closed_an_hour_later(
    outputs: Path,
) -> None:
    folder = kept.begun(outputs, 3)
    folder.once("undo", "#!/bin/sh\n")
    entry = read(folder.path)
    at = kept.NOON + timedelta(days=3, minutes=59)
    with pytest.raises(CorrectParameters, match="may go on"):
        closing.close(outputs, entry, WHY, at, "")
    assert not (folder.path / "record.json").exists()
    closing.close(outputs, entry, WHY, at + timedelta(minutes=2), "")
    assert call("verify").exit_code == 0
    assert marked() == [kept.number(2)]


def test_a_run_that_goes_on_is_not_closed_and_one_that_died_here_is_at_once(
    outputs: Path,
) -> None:
    folder = kept.begun(outputs, 3)
    folder.once("undo", "#!/bin/sh\n")
    folder.hold()
    path = folder.path
    years_later = kept.NOON + timedelta(days=999)
    with pytest.raises(CorrectParameters, match=r"its run goes on \(process .*Planning: begins"):
        closing.close(outputs, read(path), WHY, years_later, "")
    del folder
    closing.close(outputs, read(path), WHY, kept.NOON + timedelta(days=3, minutes=1), "")
    assert marked() == [kept.number(2)]


def test_a_closing_is_signed_like_a_record(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known, public = key(outputs.parent, "known")
    (outputs.parent / "params" / ALLOWED_SIGNERS).write_text(f"ann@example.org {public}")
    monkeypatch.setenv("RUNBOOK_SIGN_WITH", str(known))
    call("close", kept.number(2), "--because", WHY)
    path = outputs / "server-01" / kept.number(2) / "later-closed.json"
    assert path.with_name("later-closed.json.sig").exists()
    assert call("verify").exit_code == 0
    path.write_text(path.read_text().replace("console", "Console"))
    assert "bad signature" in call("verify").output


def test_a_record_that_cannot_be_read_can_be_closed(outputs: Path) -> None:
    (outputs / "server-01" / kept.number(2) / "record.json").write_text("{")
    assert call("close", kept.number(2), "--because", WHY).exit_code == 0
    assert marked() == []
    assert call("verify").exit_code == 4


def test_a_secret_in_the_reason_is_not_kept(outputs: Path) -> None:
    call("close", kept.number(2), "--because", "https://root:hunter2-hunter2@host")
    told = (outputs / "server-01" / kept.number(2) / "later-closed.json").read_text()
    assert "hunter2" not in told
