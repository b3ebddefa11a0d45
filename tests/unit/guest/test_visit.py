"""Who enters a guest over a connection that ends has left it before that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import pytest
from tests.unit import fakes
from tests.unit import guest_data as data
from tests.unit import insides as local

from runbook.apply.checkpoint.guests_before import GuestsBefore
from runbook.apply.steps.journal import Journal
from runbook.common.errors import ConnectionLost, StepFailed
from runbook.guest import lan_checks
from runbook.guest import undo as inside
from runbook.guest.configure.guest_edit import DesiredNetwork
from runbook.guest.sessions import GuestSessions
from runbook.guest.undo import InsideState
from runbook.params.guests import Guest
from runbook.plan.promise.check import Check
from runbook.state.guest import reader
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host

HOST = cast("Host", fakes.standard_host())
GUEST = data.params().guests[0]
WANTED = DesiredNetwork(data.NAME, data.MAC, GUEST.ipv4, data.GATEWAY)
LOST = ConnectionLost("gone", state="-", then="-")
REFUSED = StepFailed("no", state="-", then="-")
ONCE = ["entered", "left"]
PROMISE = data.plan(data.seen()).of_guests


@dataclass
class Console:
    """Says when somebody enters and when they leave; what is asked inside raises `fails`."""

    fails: list[Exception] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def enter(self, _host: Host, _guest: Guest) -> Channel:
        self.events.append("entered")
        return cast("Channel", Entered(self))

    def asked(self) -> None:
        if self.fails:
            raise self.fails.pop(0)


@dataclass
class Entered:
    """One time that somebody is inside."""

    console: Console
    how: str = "serial console"
    transcript: str = ""

    def run(self, _argv: tuple[str, ...]) -> None:
        """It is done."""

    def close(self) -> str:
        self.console.events.append("left")
        return ""


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    made = Console()

    def undo(*_args: object, **_more: object) -> InsideState:
        made.asked()
        return InsideState.UNDONE

    def verify(*_args: object) -> tuple[Check, ...]:
        made.asked()
        return ()

    class Silent:
        def checks(self, _guest: object) -> tuple[Check, ...]:
            return ()

    monkeypatch.setattr(inside, "undo", undo)
    monkeypatch.setattr(inside, "confirm", lambda *_: made.asked())
    monkeypatch.setattr(inside, "verify", verify)
    monkeypatch.setattr(reader, "read", lambda *_: local.seen())
    monkeypatch.setattr(lan_checks, "listen", lambda *_: Silent())
    return made


def taken_up(console: Console) -> GuestSessions:
    """The guests of a change that another run made: nobody is inside."""
    made = GuestSessions(data.params(), (GUEST,), console.enter, fakes.Time(ticks=1.0))
    kept = GuestsBefore({data.NAME: local.seen()})
    made.take_up(data.plan(data.seen()), "change-1", Journal("begun"), kept)
    return made


def undo(made: GuestSessions) -> None:
    made.undo(HOST)


def verify(made: GuestSessions) -> None:
    made.checks(HOST, PROMISE, data.seen())


def confirm(made: GuestSessions) -> None:
    made.confirm(HOST)


each_visit = pytest.mark.parametrize("visit", [undo, verify, confirm])


@each_visit
def test_a_guest_that_was_entered_for_it_is_left(
    visit: Callable[[GuestSessions], None], console: Console
) -> None:
    visit(taken_up(console))
    assert console.events == ONCE


@each_visit
def test_a_guest_is_left_where_it_fails_too(
    visit: Callable[[GuestSessions], None], console: Console
) -> None:
    made, console.fails = taken_up(console), [REFUSED]
    try:
        visit(made)
    except StepFailed:
        assert visit is not undo
    assert console.events == ONCE


@each_visit
def test_one_that_died_and_was_entered_anew_is_left(
    visit: Callable[[GuestSessions], None], console: Console
) -> None:
    made = taken_up(console)
    made.offer(HOST, WANTED, ())
    console.fails = [LOST]
    visit(made)
    # An undo that loses the guest says that it was not compared, and enters it no more.
    assert console.events == (["entered"] if visit is undo else ONCE * 2)


@each_visit
def test_one_that_was_open_before_stays_open(
    visit: Callable[[GuestSessions], None], console: Console
) -> None:
    made = taken_up(console)
    made.offer(HOST, WANTED, ())
    visit(made)
    assert console.events == ["entered"]
    made.close()
    assert console.events == ONCE
