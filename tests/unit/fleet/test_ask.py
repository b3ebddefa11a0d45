"""A host whose run told no end: what its own journal says, and that silence is never good news."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import layout
from runbook.apply.checkpoint.armed_change import find
from runbook.apply.checkpoint.history import latest
from runbook.fleet.ask import ask, judge
from runbook.fleet.ends import FleetEnd
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
