"""The connection that proves a change, where a limit drops the first attempt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import Armed
from runbook.common.errors import ConnectionLost, HostKeyRejected
from runbook.run.new_connection import PAUSE_S, new_connection
from runbook.run.session import Session
from runbook.transport.host import Host

LOST = ConnectionLost("no connection", host="server-01", state="unknown", then="wait")


@dataclass
class Dropped(fakes.Time):
    """A host whose firewall drops connections for so many seconds, and a clock."""

    until: float = 0.0
    attempts: int = 0

    def connect(self) -> Host:
        self.attempts += 1
        if self.seconds < self.until:
            self.seconds += 10.0
            raise LOST
        return fakes.standard_host()


def tried(at: Dropped, host: fakes.FakeHost, armed: Armed) -> Host:
    made = Session(fakes.params(), host, "root@desk", fakes.CHANGE, at, at.connect)
    return new_connection(made, armed)


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


def test_a_connection_that_a_limit_drops_is_made_after_a_pause(
    host: fakes.FakeHost, armed: Armed
) -> None:
    at = Dropped(until=30.0)
    tried(at, host, armed)
    assert (at.attempts, at.seconds) == (2, 10.0 + PAUSE_S)


def test_a_host_that_the_change_cut_off_is_not_waited_for(
    host: fakes.FakeHost, armed: Armed
) -> None:
    def lost(_argv: object) -> None:
        raise LOST

    at = Dropped(until=1e9)
    with pytest.raises(ConnectionLost):
        tried(at, replace(host, answers=[lost]), armed)
    assert at.attempts == 1


def test_it_is_not_tried_again_if_the_deadline_is_near(host: fakes.FakeHost, armed: Armed) -> None:
    at = Dropped(until=1e9, seconds=armed.plan.deadline_s - PAUSE_S)
    with pytest.raises(ConnectionLost):
        tried(at, host, armed)
    assert at.attempts == 1


def test_a_key_that_is_not_the_host_s_is_no_limit(host: fakes.FakeHost, armed: Armed) -> None:
    class Wrong(Dropped):
        def connect(self) -> Host:
            self.attempts += 1
            raise HostKeyRejected("another key", host="server-01", state="untouched", then="look")

    at = Wrong()
    with pytest.raises(HostKeyRejected):
        tried(at, host, armed)
    assert at.attempts == 1
