from __future__ import annotations

import pytest
from tests.unit import fakes

from runbook.checkpoint import Armed, layout
from runbook.confirm import Verified, confirm, disarm
from runbook.errors import ConnectionLost, GateClosed
from runbook.verify import Verdict


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


def test_removing_the_link_is_the_first_thing_and_the_confirmation(
    host: fakes.FakeHost, armed: Armed
) -> None:
    done = confirm(Verified(armed, Verdict(())), host, fakes.NOON)
    assert host.events[0] == f"remove {layout.ARMED}"
    assert layout.ARMED not in host.links
    assert done.at == fakes.NOON
    assert "confirmed: the change stays" in host.text(armed.layout.journal)


def test_nothing_that_watched_is_left_and_the_history_is(
    host: fakes.FakeHost, armed: Armed
) -> None:
    confirm(Verified(armed, Verdict(())), host, fakes.NOON)
    assert [path for path in (*host.files, *host.links) if "/systemd/" in path] == []
    assert f"run systemctl stop runbook-deadline-{fakes.CHANGE}-*.timer" in host.events
    kept = {path.rsplit("/", 1)[-1] for path in host.files if fakes.CHANGE in path}
    assert {"journal", "manifest.json", "plan.json", "undo"} <= kept
    assert not {"open", "ballast"} & kept


def test_once_the_undo_has_begun_there_is_nothing_to_confirm(
    host: fakes.FakeHost, armed: Armed
) -> None:
    del host.files[armed.layout.open]
    with pytest.raises(GateClosed):
        confirm(Verified(armed, Verdict(())), host, fakes.NOON)
    assert host.links[layout.ARMED] == fakes.CHANGE
    assert host.events == []


def test_a_connection_lost_after_the_confirmation_leaves_it_confirmed(
    host: fakes.FakeHost, armed: Armed
) -> None:
    host.fails["append"] = ConnectionLost("gone", state="unknown", then="look")
    with pytest.raises(ConnectionLost):
        confirm(Verified(armed, Verdict(())), host, fakes.NOON)
    assert layout.ARMED not in host.links


def test_disarming_twice_is_harmless(host: fakes.FakeHost, armed: Armed) -> None:
    disarm(armed, host)
    disarm(armed, host)
    assert layout.ARMED not in host.links
