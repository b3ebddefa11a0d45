"""What happened to a host, as its records tell it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit import hosts
from tests.unit.records import kept

from runbook.common.errors import CorrectParameters
from runbook.records.timeline import guest_events, states, timeline
from runbook.run.record import Ending
from runbook.state import snapshot as snapshots
from runbook.state.snapshot import Snapshot

STATE = snapshots.dumps(hosts.before())


def with_guest(state: str, source: str = "default") -> Snapshot:
    guest = {"name": "vm-01", "uuid": "u", "state": state, "autostart": True, "saved": False}
    return hosts.snapshot(guests=[guest], taps=[{"guest": "vm-01", "mac": "m", "source": source}])


def audit(outputs: Path, day: int, *severities: str) -> Path:
    told = {"change_id": kept.number(1), "differences": [{"severity": s} for s in severities]}
    return kept.sealed(outputs, day, Ending.DRIFTED, kind="audit", audit_json=json.dumps(told))


def test_records_of_one_host_are_there_from_the_oldest_to_the_newest(tmp_path: Path) -> None:
    assert timeline(tmp_path, kept.HOST) == ()
    kept.sealed(tmp_path, 3, Ending.UNKNOWN)
    kept.sealed(tmp_path, 1)
    kept.sealed(tmp_path, 2, host="server-02")
    assert [one.entry.change_id for one in timeline(tmp_path, kept.HOST)] == [
        kept.number(1),
        kept.number(3),
    ]


@pytest.mark.parametrize(
    ("severities", "tone", "words"),
    [
        (["harmless"], "note", "1 found, the worst: harmless"),
        (["harmless", "less"], "warn", "2 found, the worst: less than recorded"),
        (["next_boot", "less"], "bad", "2 found, the worst: lost at the next boot"),
    ],
)
def test_an_audit_is_as_bad_as_the_worst_that_it_found(
    tmp_path: Path, severities: list[str], tone: str, words: str
) -> None:
    audit(tmp_path, 2, *severities)
    (one,) = timeline(tmp_path, kept.HOST)
    assert (one.tone, one.drift) == (tone, words)


@pytest.mark.parametrize("content", ["{", "[]", '{"differences": 5}', '{"differences": [{}]}'])
def test_a_damaged_audit_and_a_damaged_state_stop_nothing(tmp_path: Path, content: str) -> None:
    kept.sealed(tmp_path, 1, Ending.DRIFTED, kind="audit", audit_json=content, before_json="{")
    (one,) = timeline(tmp_path, kept.HOST)
    assert one.drift == ""
    with pytest.raises(CorrectParameters, match=r"before\.json cannot be read"):
        one.states[0].load()


def test_the_states_of_a_record_are_in_the_order_in_which_its_run_read_them(tmp_path: Path) -> None:
    kept.sealed(tmp_path, 1, after_json=STATE, before_json=STATE)
    kept.sealed(tmp_path, 2, kind="undo", now_json=STATE)
    found = states(timeline(tmp_path, kept.HOST))
    labels = [f"{kept.number(1)}/before", f"{kept.number(1)}/after", f"{kept.number(2)}/found"]
    assert [state.label for state in found] == labels
    assert found[0].load() == hosts.before()


def test_what_a_guest_did_is_told_at_the_state_that_shows_it() -> None:
    seen = [
        hosts.snapshot(),
        with_guest("running"),
        with_guest("running"),
        with_guest("shut off", "routed"),
        hosts.snapshot(),
    ]
    assert [event.what for event in guest_events(seen)] == [
        "new: running, on default",
        "running, on default → shut off, on routed",
        "gone; it was shut off, on routed",
    ]
