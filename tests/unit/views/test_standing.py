from __future__ import annotations

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import Armed, layout
from runbook.apply.checkpoint.armed_change import find
from runbook.apply.checkpoint.history import latest
from runbook.apply.phases import apply_phase
from runbook.common.errors import ConnectionLost
from runbook.run.standing import HostStatus
from runbook.views import Picture, standing


@pytest.fixture
def host() -> fakes.FakeHost:
    made = fakes.standard_host()
    made.answers[:0] = [fakes.ticking(42.0)]
    return made


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


def drawn(host: fakes.FakeHost) -> Picture:
    there = find(host, fakes.NOON)
    return standing(HostStatus(host.name, there, None if there else latest(host)))


def test_a_host_without_any_change_says_so(host: fakes.FakeHost) -> None:
    assert repr(drawn(host)) == "server-01: no change was ever armed on this host"


def test_what_an_operator_has_to_know_is_in_both_forms(host: fakes.FakeHost, armed: Armed) -> None:
    fakes.moved(host, armed, 95, "step 9 may take up to 20 s")
    host.fails["write /etc/network"] = ConnectionLost("gone", state="x", then="y")
    with pytest.raises(ConnectionLost):
        apply_phase(armed, host, "prepare", fakes.Time().now)
    picture = drawn(host)
    for form in (repr(picture), picture.body):
        for said in (
            fakes.CHANGE, "root@desk", "2026-03-01 12:00:00 UTC", f"sh {armed.undo_path}",
            "undone by itself in 42 s", "because step 9 may take up to 20 s",
            "no end in the journal", "2026-03-01T12:00:00.000Z",
        ):  # fmt: skip
            assert said in form


def test_a_stale_change_and_damage_stand_out(host: fakes.FakeHost, armed: Armed) -> None:
    host.hold(armed.layout.plan, "{")
    host.answers[0] = fakes.ticking(None)
    picture = drawn(host)
    assert "✗ server-01: change" in repr(picture)
    assert "stale: its timer does not run" in repr(picture)
    assert f"✗ {armed.layout.plan} is damaged" in repr(picture)


def test_the_last_change_is_told_by_its_end(host: fakes.FakeHost, armed: Armed) -> None:
    fakes.undone(host, armed, "deadline")
    picture = drawn(host)
    assert "undone by its deadline at 2026-03-01 12:00:09 UTC; not compared" in repr(picture)


def test_nothing_that_a_host_says_becomes_html(host: fakes.FakeHost) -> None:
    host.links[layout.ARMED] = "<img src=x onerror=alert(1)>"
    assert "<img" not in drawn(host).body
    assert "&lt;img" in drawn(host).body
