"""More time for a host and its guests: the host first, then each guest, or nothing at all."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast

import pytest
from tests import stages
from tests.unit import fakes
from tests.unit import guest_data as data
from tests.unit.insides import Spoken

from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.guests_before import GuestsBefore
from runbook.apply.steps.journal import Journal
from runbook.common.errors import ConnectionLost, GateClosed, ReadFailed
from runbook.guest import undo
from runbook.guest.deadlines import NotMoved
from runbook.guest.sessions import GuestSessions
from runbook.guest.steps import LEAD_S
from runbook.guest.undo import Ticking
from runbook.params.guests import Guest
from runbook.run import extend_deadline, subject_guests
from runbook.run.extend_deadline import ExtendedDeadline
from runbook.run.session import Session
from runbook.run.subject_guests import GuestSubject
from runbook.run.subject_host import HOST
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host

NAMES = ("vm-01", "vm-02")
PARAMS = data.params(
    guests=tuple({"name": name, "address": f"172.16.1.{n}/16"} for n, name in enumerate(NAMES, 10))
)
LOST = ConnectionLost("its console is gone", state="-", then="-")


@dataclass
class Guests:
    """What two guests tell of their countdowns; an error in its place is raised."""

    host: fakes.FakeHost
    tells: dict[str, Ticking | BaseException | None]
    moves: dict[str, BaseException] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)

    def ticking(self, channel: Channel, change_id: str) -> Ticking | None:
        assert change_id == fakes.CHANGE
        told = self.tells[channel.guest]
        if isinstance(told, BaseException):
            raise told
        return told

    def move(self, channel: Channel, change_id: str, moment: int) -> None:
        assert change_id == fakes.CHANGE
        # The host's new countdown runs by then.
        assert any("systemd-run" in event for event in self.host.events)
        if channel.guest in self.moves:
            raise self.moves[channel.guest]
        self.moved[channel.guest] = moment


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


@pytest.fixture
def sessions() -> GuestSessions:
    def enter(_host: Host, guest: Guest) -> Channel:
        return cast("Channel", Spoken(guest.name))

    made = GuestSessions(PARAMS, PARAMS.guests, enter, fakes.Time())
    made.take_up(data.plan(data.seen()), fakes.CHANGE, Journal(""), GuestsBefore())
    for slot in made._slots.values():  # noqa: SLF001 - a plan of two guests is long
        slot.armed = made._slots[data.NAME].armed  # noqa: SLF001
    return made


@pytest.fixture
def session(host: fakes.FakeHost, sessions: GuestSessions) -> Session:
    there = cast("Host", host)
    return Session(
        PARAMS,
        there,
        "root@desk",
        fakes.CHANGE,
        fakes.Time(),
        lambda: there,
        subject=GuestSubject(sessions),
    )


@pytest.fixture
def guests(host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch) -> Guests:
    made = Guests(host, {"vm-01": Ticking(1000, 1090), "vm-02": Ticking(50, 140)})
    monkeypatch.setattr(undo, "ticking", made.ticking)
    monkeypatch.setattr(undo, "move", made.move)
    return made


def given(session: Session, armed: Armed) -> ExtendedDeadline:
    return extend_deadline.extend(session, armed, 300)


def test_each_guest_s_undo_comes_shortly_before_the_host_s(
    session: Session, armed: Armed, guests: Guests
) -> None:
    later = given(session, armed)
    left = int((later.armed.deadline - fakes.NOON).total_seconds())
    assert later.armed.deadline == armed.deadline + timedelta(seconds=300)
    assert guests.moved == {"vm-01": 1000 + left - LEAD_S, "vm-02": 50 + left - LEAD_S}
    assert (later.not_moved, later.moved) == ((), NAMES)
    assert later.in_words == f"{waits(later)}, and so does each guest"


def waits(later: ExtendedDeadline) -> str:
    return f"the host waits until {later.armed.deadline:%H:%M:%S} UTC"


UNMOVABLE = [
    LOST,
    GateClosed("its undo has begun", state="-", then="-"),
    ReadFailed("it does not tell", state="-", then="-"),
]


@pytest.mark.parametrize("error", UNMOVABLE, ids=[type(e).__name__ for e in UNMOVABLE])
def test_where_one_guest_cannot_be_moved_nothing_is(
    session: Session, armed: Armed, guests: Guests, host: fakes.FakeHost, error: BaseException
) -> None:
    guests.tells["vm-02"] = error
    with pytest.raises(NotMoved, match=str(error.args[0])) as caught:
        given(session, armed)
    assert "the deadline was not moved" in caught.value.what
    assert guests.moved == {}
    assert host.events == []


def test_one_that_is_lost_on_the_way_is_told_with_its_moment_and_the_others_are_moved(
    session: Session, armed: Armed, guests: Guests, host: fakes.FakeHost
) -> None:
    guests.moves["vm-01"] = LOST
    later = given(session, armed)
    assert list(guests.moved) == ["vm-02"]
    (said,) = later.not_moved
    # 90 s of its own were left at noon.
    assert "vm-01 puts itself back at 12:01:30 UTC" in said
    assert "its console is gone" in said
    assert later.moved == ("vm-02",)
    assert later.in_words == f"{waits(later)}, and so does vm-02; {said}"
    assert said in host.text(armed.layout.journal)


def test_a_guest_in_which_nothing_is_armed_has_nothing_to_be_moved(
    session: Session, armed: Armed, guests: Guests
) -> None:
    guests.tells["vm-01"] = None
    later = given(session, armed)
    assert (later.not_moved, later.moved) == ((), ("vm-02",))
    assert list(guests.moved) == ["vm-02"]


def test_where_no_guest_is_armed_nothing_is_said_of_guests(
    session: Session, armed: Armed, guests: Guests
) -> None:
    guests.tells = dict.fromkeys(NAMES)
    later = given(session, armed)
    assert (later.not_moved, later.moved, later.in_words) == ((), (), waits(later))


def test_where_the_host_cannot_be_moved_no_guest_is(
    session: Session, armed: Armed, guests: Guests, host: fakes.FakeHost
) -> None:
    host.remove_file(armed.layout.open)
    with pytest.raises(GateClosed):
        given(session, armed)
    assert guests.moved == {}


def test_while_a_step_is_at_work_inside_it_says_so_and_moves_nothing(
    session: Session,
    armed: Armed,
    guests: Guests,
    host: fakes.FakeHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subject_guests, "TURN_S", 0.1)
    there, held, go_on = stages.sessions(session), threading.Event(), threading.Event()

    def cell() -> None:
        with there.turn():
            held.set()
            go_on.wait(10)

    at_work = threading.Thread(target=cell)
    at_work.start()
    assert held.wait(10)
    try:
        with pytest.raises(NotMoved, match="a step is at work inside a guest"):
            given(session, armed)
    finally:
        go_on.set()
        at_work.join(10)
    assert (guests.moved, host.events) == ({}, [])
    assert given(session, armed).not_moved == ()


def test_a_change_of_the_host_alone_is_moved_as_ever(
    session: Session, armed: Armed, guests: Guests
) -> None:
    later = given(replace(session, subject=HOST), armed)
    assert later.armed.deadline == armed.deadline + timedelta(seconds=300)
    assert guests.moved == {}
    assert later.in_words == waits(later)
