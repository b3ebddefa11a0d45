"""The reboot on wish, held against a host in memory that goes down and comes up."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from tests.unit import fakes

from runbook.apply import reboot
from runbook.apply.checkpoint import Armed, layout
from runbook.common.errors import ConnectionLost, GateClosed, StepFailed
from runbook.transport.host import Host

FIRST, SECOND = "first", "second"


@dataclass
class Server(fakes.Time):
    """A clock, and a host that is away from its reboot on for so many seconds."""

    host: fakes.FakeHost = field(default_factory=fakes.standard_host)
    away_s: float = 60.0
    boots: bool = True
    at_boot: str = "kept"
    attempts: int = 0

    def connect(self) -> Host:
        self.attempts += 1
        if not self.boots:
            return self.host
        if self.seconds < self.away_s:
            raise ConnectionLost("gone", host="server-01", state="unknown", then="wait")
        self._boot()
        return self.host

    def _boot(self) -> None:
        place = layout.Layout(fakes.CHANGE)
        self.host.hold(reboot.BOOT_ID, f"{SECOND}\n")
        wish = self.host.files.pop(place.reboot, None)
        if self.at_boot == "kept" and wish:
            self.host.hold(place.rebooted, f"{SECOND}\n")
        if self.at_boot == "undone":
            self.host.links.pop(layout.ARMED, None)


@pytest.fixture
def host() -> fakes.FakeHost:
    made = fakes.standard_host()
    made.hold(reboot.BOOT_ID, f"{FIRST}\n")
    return made


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


@pytest.fixture
def server(host: fakes.FakeHost) -> Server:
    return Server(host=host)


def rebooted(server: Server, armed: Armed) -> reboot.Rebooted:
    return reboot.reboot(armed, server.host, server.connect, server)


def told_to_reboot(host: fakes.FakeHost) -> bool:
    return any("systemctl --no-block reboot" in event for event in host.events)


def test_a_host_that_does_not_come_back_is_not_waited_for_for_ever(
    server: Server, armed: Armed
) -> None:
    server.away_s = 1e9
    with pytest.raises(ConnectionLost, match="did not answer within"):
        rebooted(server, armed)
    assert server.seconds <= reboot.BACK_S + reboot.PAUSE_S


def test_a_host_that_does_not_go_down_has_not_rebooted(server: Server, armed: Armed) -> None:
    server.boots = False
    with pytest.raises(ConnectionLost, match="did not answer within"):
        rebooted(server, armed)


@pytest.mark.parametrize("at_boot", ["undone", "forgotten"])
def test_a_boot_that_did_not_leave_the_change_in_place_proves_nothing(
    server: Server, armed: Armed, at_boot: str
) -> None:
    server.at_boot = at_boot
    with pytest.raises(StepFailed, match="undid the change at that boot"):
        rebooted(server, armed)


def test_a_change_whose_undo_has_begun_is_not_rebooted(server: Server, armed: Armed) -> None:
    server.host.files.pop(armed.layout.open)
    with pytest.raises(GateClosed):
        rebooted(server, armed)
    assert not told_to_reboot(server.host)


def test_the_wish_stands_before_the_host_is_told_to_reboot(server: Server, armed: Armed) -> None:
    rebooted(server, armed)
    events = server.host.events
    wish = next(n for n, event in enumerate(events) if armed.layout.reboot in event)
    told = next(n for n, event in enumerate(events) if "systemctl --no-block reboot" in event)
    assert wish < told
    assert f"reboots: {reboot.WHY}" in server.host.text(armed.layout.journal)


def test_it_tells_how_long_the_host_was_away_and_has_a_deadline_again(
    server: Server, armed: Armed
) -> None:
    back = rebooted(server, armed)
    assert back.seconds == pytest.approx(server.away_s, abs=reboot.PAUSE_S)
    # One move for the time that the host is down, one once it is up.
    assert back.armed.timer_number == armed.timer_number + 2
    assert (back.armed.deadline - server.now()).total_seconds() == pytest.approx(
        reboot.BOOT_S, abs=1
    )


def test_a_host_that_goes_down_before_it_answers_is_waited_for(
    server: Server, armed: Armed
) -> None:
    lost = ConnectionLost("gone", host="server-01", state="unknown", then="wait")
    server.host.fails["systemctl --no-block reboot"] = lost
    assert rebooted(server, armed).seconds >= server.away_s
