from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.apply.checkpoint import manifest
from runbook.apply.checkpoint.manifest import Manifest

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis adds the zone
    lambda moment: moment.replace(microsecond=0)
)
text = st.text(st.characters(exclude_categories=["Cs"]))
manifests = st.builds(
    Manifest, text, text, text, moments, moments, st.integers(), text, st.tuples(text, text), text
)


@given(manifests)
def test_what_is_written_is_read_back(told: Manifest) -> None:
    assert manifest.loads(manifest.dumps(told)) == told


@given(manifests, st.data())
def test_a_manifest_cut_off_by_a_full_disk_is_damaged(told: Manifest, data: st.DataObject) -> None:
    whole = manifest.dumps(told).rstrip()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError, match=r"."):
        manifest.loads(whole[:cut])


@pytest.mark.parametrize(
    "change",
    [
        {"format_version": 2},
        {"deadline": "soon"},
        {"deadline": None},
        {"timer": "x"},
        {"timer": float("inf")},
        {"steps": 3},
        {"surprise": 1},
    ],
    ids=str,
)
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    told = json.loads(
        manifest.dumps(Manifest("x", "h", "me", moment, moment, 1, "d", ("a",), "sh"))
    )
    with pytest.raises(ValueError, match=r"."):
        manifest.loads(json.dumps({**told, **change}).encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"\xff", b"{}"])
def test_what_is_no_manifest_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        manifest.loads(raw)
