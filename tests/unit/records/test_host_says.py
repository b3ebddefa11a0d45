from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.records.test_manifest import CHANGE, NOON, begun, ended, sealed

from runbook.apply.checkpoint.armed_change import Checkpoint
from runbook.apply.checkpoint.history import EndedChange
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.steps.journal import Journal
from runbook.records import host_says
from runbook.records.files import MANIFEST
from runbook.records.manifest import Fault, verify
from runbook.run.standing import HostStatus

UNDONE = f"{NOON:%Y-%m-%dT%H:%M:%SZ} undo (deadline): finished: the host is as it was\n"


def standing(change_id: str = CHANGE, journal: str = UNDONE) -> HostStatus:
    past = EndedChange("server-01", Checkpoint(Layout(change_id), log=Journal(journal)))
    return HostStatus("server-01", ended=past)


def test_the_record_of_a_run_that_died_gets_how_its_change_ended_once(tmp_path: Path) -> None:
    folder = begun(tmp_path).path
    path = host_says.keep(tmp_path, standing(), NOON)
    assert path == folder / host_says.NAME
    told = host_says.read(folder)
    assert told is not None
    assert (told.state, told.change_id) == ("undone", CHANGE)
    assert "undone by its deadline" in told.said
    kept = path.read_bytes()
    assert host_says.keep(tmp_path, standing(journal="1 confirmed: it stays\n"), NOON) is None
    assert path.read_bytes() == kept
    assert [one["name"] for one in json.loads(kept)["subject"]] == ["begun.json"]


def test_a_record_with_an_end_of_its_own_is_left_alone(tmp_path: Path) -> None:
    folder = ended(begun(tmp_path)).path
    assert host_says.keep(tmp_path, standing(), NOON) is None
    assert not (folder / host_says.NAME).exists()


def test_a_run_that_goes_on_writes_its_own_end(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    folder.hold()
    assert host_says.keep(tmp_path, standing(), NOON) is None
    del folder
    assert host_says.keep(tmp_path, standing(), NOON) is not None


@pytest.mark.parametrize("odd", ["", "..", "../../etc", f"{CHANGE}/..", "x"])
def test_what_a_host_calls_its_change_chooses_no_other_folder(tmp_path: Path, odd: str) -> None:
    begun(tmp_path)
    assert host_says.keep(tmp_path, standing(odd), NOON) is None


def test_a_change_that_is_not_over_or_not_here_is_no_record(tmp_path: Path) -> None:
    begun(tmp_path)
    assert host_says.keep(tmp_path, HostStatus("server-01"), NOON) is None
    assert host_says.keep(tmp_path, standing(journal="1 step 1 begins: x\n"), NOON) is None
    assert host_says.keep(tmp_path, standing("20260301T130000Z-ddeeff"), NOON) is None


def test_a_sealed_record_stays_as_it_was_and_verifies(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    (folder / "outcome.json").rename(tmp_path / "outcome.json")
    manifest = (folder / MANIFEST).read_bytes()
    host_says.keep(tmp_path, standing(), NOON)
    (tmp_path / "outcome.json").rename(folder / "outcome.json")
    assert (folder / MANIFEST).read_bytes() == manifest
    assert [one.fault for one in verify(folder) if one.fault is not Fault.EXTRA] == []
