from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.records.test_manifest import CHANGE, begun, sealed

from runbook.records.link import first_folder, link
from runbook.records.manifest import verify
from runbook.records.predicate import Previous

LATER = "20260301T130000Z-ddeeff"
BY = Previous(change_id=LATER, sha256="a" * 64)


def told(folder: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((folder / f"later-{LATER}.json").read_text())
    return read


def test_a_link_names_both_records_and_alters_neither(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    link(folder, "undone by", BY)
    assert told(folder)["predicate"] == {
        "change_id": CHANGE,
        "relation": "undone by",
        "by": {"change_id": LATER, "sha256": "a" * 64},
    }
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert verify(folder) == ()


def test_a_record_whose_run_died_gets_its_link_too(tmp_path: Path) -> None:
    folder = begun(tmp_path).path
    link(folder, "confirmed by", BY)
    assert [one["name"] for one in told(folder)["subject"]] == ["begun.json"]  # type: ignore[attr-defined]  # JSON


def test_a_link_is_written_once(tmp_path: Path) -> None:
    folder = sealed(tmp_path).path
    link(folder, "undone by", BY)
    kept = told(folder)
    link(folder, "confirmed by", BY)
    assert told(folder) == kept


@pytest.mark.parametrize("odd", ["", "..", "../../etc", "20260301T120000Z-abc123/..", LATER])
def test_what_a_host_calls_its_change_chooses_no_other_folder(tmp_path: Path, odd: str) -> None:
    second = sealed(tmp_path, LATER).path
    assert first_folder(second, odd) is None


def test_a_link_in_place_of_a_record_is_not_followed(tmp_path: Path) -> None:
    second = sealed(tmp_path / "outputs", LATER).path
    (second.parent / CHANGE).symlink_to(tmp_path)
    assert first_folder(second, CHANGE) is None
