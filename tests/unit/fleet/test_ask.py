"""A host whose run told no end: what its own journal says, and that silence is never good news."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import layout
from runbook.apply.checkpoint.armed_change import find
from runbook.apply.checkpoint.history import latest
from runbook.fleet import ask as asking
from runbook.fleet.ask import ask, in_words, judge, settled
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import HostEnd
from runbook.run.standing import HostStatus


def standing(event: str = "") -> HostStatus:
    host = fakes.standard_host()
    made = fakes.armed(host)
    host.answers.append(fakes.ticking(60.0))
    if not event:
        return HostStatus(host.name, find(host, fakes.NOON))
    host.links.pop(layout.ARMED)
    fakes.add(host, made.layout.journal, f"2026-03-01T12:00:09Z {event}\n")
    return HostStatus(host.name, None, latest(host))


def test_a_host_that_cannot_be_asked_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "server-01.yaml").write_text("connect: [\n")
    end = ask("server-01", fakes.NOON, tmp_path, fakes.Time())
    assert end.end is FleetEnd.UNKNOWN
    assert "was not asked" in end.said


@pytest.mark.parametrize(
    ("event", "end"),
    [
        ("", FleetEnd.ARMED),
        ("confirmed: the change stays", FleetEnd.AS_PROMISED),
        ("undo (deadline): finished: the host is as it was before the change", FleetEnd.AS_BEFORE),
        ("stood down: the host is not as it was planned on", FleetEnd.AS_BEFORE),
        ("undo (deadline): begins", FleetEnd.UNKNOWN),
    ],
)
def test_the_host_s_journal_says_how_the_change_ended(event: str, end: FleetEnd) -> None:
    assert judge(standing(event), fakes.NOON).end is end


def test_an_earlier_change_is_not_taken_for_this_run_s() -> None:
    later = fakes.NOON + timedelta(days=1)
    end = judge(standing("confirmed: the change stays"), later)
    assert end.end is FleetEnd.AS_BEFORE
    assert "before it armed a change" in end.said


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("", "armed; it undoes the change by itself within 60 s"),
        ("undo (deadline): finished: the host is as it was before the change", "nothing is armed"),
    ],
)
def test_what_is_armed_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str, words: str
) -> None:
    status = standing(event)
    monkeypatch.setattr(asking, "_asked", lambda *_: (status, judge(status, fakes.NOON)))
    assert in_words("server-01", tmp_path, fakes.Time()) == f"server-01: {words}"


def test_a_host_that_does_not_answer_is_said_to_undo_by_itself(tmp_path: Path) -> None:
    (tmp_path / "server-01.yaml").write_text("connect: [\n")
    assert "it does not answer" in in_words("server-01", tmp_path, fakes.Time())


def test_a_host_that_is_armed_is_waited_for_until_its_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    armed = standing()
    undone = standing("undo (deadline): finished: the host is as it was before the change")
    clock = fakes.Time()

    def asked(*_words: object) -> tuple[HostStatus, HostEnd]:
        found = undone if clock.monotonic() > 40 else armed
        return found, judge(found, fakes.NOON)

    monkeypatch.setattr(asking, "_asked", asked)
    assert settled("server-01", fakes.NOON, tmp_path, clock).end is FleetEnd.AS_BEFORE
    assert 40 < clock.monotonic() < 60


def test_a_host_that_stays_armed_after_its_deadline_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    armed, clock = standing(), fakes.Time()
    monkeypatch.setattr(asking, "_asked", lambda *_: (armed, judge(armed, fakes.NOON)))
    assert settled("server-01", fakes.NOON, tmp_path, clock).end is FleetEnd.ARMED
    assert clock.monotonic() < 200


def test_a_host_that_does_not_answer_is_asked_for_half_a_minute(tmp_path: Path) -> None:
    (tmp_path / "server-01.yaml").write_text("connect: [\n")
    clock = fakes.Time()
    assert settled("server-01", fakes.NOON, tmp_path, clock).end is FleetEnd.UNKNOWN
    assert 30 <= clock.monotonic() < 40
