from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import Armed, layout
from runbook.apply.confirm import Verified, confirm, confirmed_already, disarm
from runbook.apply.verify import Verdict
from runbook.common.errors import ConnectionLost, GateClosed

LOST = ConnectionLost("gone", state="unknown", then="look")


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


def confirmed(host: fakes.FakeHost, armed: Armed) -> None:
    done = confirm(Verified(armed, Verdict(())), host, fakes.NOON, "root@desk")
    assert done.at == fakes.NOON


def test_removing_the_link_is_the_confirmation_and_comes_before_all_tidying(
    host: fakes.FakeHost, armed: Armed
) -> None:
    confirmed(host, armed)
    # What libvirt wrote is on the disk before anything relies on it.
    assert host.events[0] == "run sync --file-system /etc"
    assert "confirming, by root@desk" in host.events[1]
    assert host.events[2] == f"remove {layout.ARMED}"
    assert layout.ARMED not in host.links
    assert "confirmed: the change stays" in host.text(armed.layout.journal)


def test_nothing_that_watched_is_left_and_the_history_is(
    host: fakes.FakeHost, armed: Armed
) -> None:
    confirmed(host, armed)
    assert [path for path in (*host.files, *host.links) if "/systemd/" in path] == []
    assert f"run systemctl stop runbook-deadline-{fakes.CHANGE}-*.timer" in host.events
    kept = {path.rsplit("/", 1)[-1] for path in host.files if fakes.CHANGE in path}
    assert {"journal", "manifest.json", "plan.json", "before.json", "probes.json", "undo"} <= kept
    assert not {"open", "ballast"} & kept


def test_once_the_undo_has_begun_there_is_nothing_to_confirm(
    host: fakes.FakeHost, armed: Armed
) -> None:
    del host.files[armed.layout.open]
    with pytest.raises(GateClosed):
        confirmed(host, armed)
    assert host.links[layout.ARMED] == fakes.CHANGE
    assert host.events == []


@pytest.mark.parametrize("at", ["append", "run systemctl stop", f"remove {layout.UNITS}"])
def test_a_connection_lost_after_the_link_is_gone_leaves_it_confirmed(
    host: fakes.FakeHost, armed: Armed, at: str
) -> None:
    def after_the_link(event: str) -> None:
        if event == f"remove {layout.ARMED}":
            host.fails[at] = LOST

    host.events = _Watched(after_the_link)
    with pytest.raises(ConnectionLost):
        confirmed(host, armed)
    assert confirmed_already(armed, host)


def test_a_connection_lost_before_the_link_is_gone_confirms_nothing(
    host: fakes.FakeHost, armed: Armed
) -> None:
    host.fails["append"] = LOST
    with pytest.raises(ConnectionLost):
        confirmed(host, armed)
    assert not confirmed_already(armed, host)


def test_a_change_that_was_undone_is_not_taken_for_confirmed(
    host: fakes.FakeHost, armed: Armed
) -> None:
    host.fails[f"remove {layout.ARMED}"] = LOST
    with pytest.raises(ConnectionLost):
        confirmed(host, armed)
    fakes.undone(host, armed, "deadline")
    assert not confirmed_already(armed, host)


def test_the_boot_is_still_watched_for_somebody_else_s_change(
    host: fakes.FakeHost, armed: Armed
) -> None:
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    disarm(armed, host)
    assert layout.ARMED in host.links
    assert host.glob(layout.unit_path(layout.EARLY))


def test_a_timer_runs_until_nothing_else_is_left_to_take_away(
    host: fakes.FakeHost, armed: Armed
) -> None:
    """A program that dies in between leaves what the timer takes away at the deadline."""
    del host.links[layout.ARMED]
    host.events.clear()
    disarm(armed, host)
    stopped = [number for number, event in enumerate(host.events) if "systemctl stop" in event]
    assert stopped == [len(host.events) - 1]
    assert f"remove {armed.layout.open}" in host.events


def test_disarming_twice_is_harmless(host: fakes.FakeHost, armed: Armed) -> None:
    del host.links[layout.ARMED]
    disarm(armed, host)
    disarm(armed, host)
    assert not host.glob(layout.unit_path(layout.EARLY))


class _Watched(list[str]):
    """A list that tells of what is added."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.tell = tell

    def append(self, event: str) -> None:
        super().append(event)
        self.tell(event)
