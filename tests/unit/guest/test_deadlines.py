"""Countdowns of a host and of its guests: together, in an order in which nobody is cut off."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest
from tests.unit import fakes
from tests.unit import guest_data as data
from tests.unit.insides import Spoken

from runbook.apply.checkpoint import deadline
from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineWish
from runbook.apply.checkpoint.manifest import Manifest
from runbook.apply.phases import AFTER_S, EACH_S
from runbook.common.errors import ConnectionLost, GateClosed, StepFailed
from runbook.guest import deadlines, sessions, undo
from runbook.guest.configure.guest_edit import GuestEdit
from runbook.guest.deadlines import NotMoved
from runbook.guest.sessions import GuestSessions
from runbook.guest.steps import LEAD_S, may_stand
from runbook.guest.undo import InsideArmed, Ticking
from runbook.params.guests import Guest
from runbook.plan.changes.guest.configuration import ReconfigureByHand, WatchInside
from runbook.plan.changes.guest_steps import AwaitPerson
from runbook.plan.changes.steps import Step
from runbook.run import pipeline
from runbook.run.session import Session, Underway
from runbook.run.subject_guests import GuestSubject
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host

DEADLINE_S, WAIT_S = 60, 600
BY_AGENT, BY_CONSOLE, BY_HAND = "vm-01", "vm-02", "vm-03"
PARAMS = data.params(
    guests=tuple(
        {"name": name, "address": f"172.16.1.{n}/16", "by_hand": name == BY_HAND}
        for n, name in enumerate((BY_AGENT, BY_CONSOLE, BY_HAND), 10)
    )
)
LOST = ConnectionLost("its console is gone", state="-", then="-")


@dataclass
class World:
    """A host, guests with countdowns, and a clock that goes on while somebody speaks to them."""

    host: fakes.FakeHost
    armed: Armed
    clock: fakes.Time
    sessions: GuestSessions
    moments: dict[str, int] = field(default_factory=dict)
    silent: dict[str, BaseException] = field(default_factory=dict)
    stuck: dict[str, BaseException] = field(default_factory=dict)
    # What was moved, in order, and to how many seconds from then.
    moved: list[tuple[str, int]] = field(default_factory=list)

    def uptime(self) -> int:
        return 1000 + int(self.clock.seconds)

    def comes(self, name: str) -> datetime:
        """When the guest's undo comes."""
        return fakes.NOON + timedelta(seconds=self.moments[name] - 1000)

    def stands(self) -> Manifest:
        return deadline.standing(self.host, self.armed.layout)

    def orderly(self) -> None:
        """No undo has come, and none of the host comes before that of a guest."""
        assert self.clock.now() < self.stands().deadline
        for name in self.moments:
            assert self.clock.now() < self.comes(name) <= self.stands().deadline

    def host_moves(self, seconds: int, why: str = "of a person") -> None:
        fakes.moved(self.host, self.armed, seconds, why, self.clock.now())

    def arms(
        self, channel: Channel, edit: GuestEdit, change_id: str, seconds: int, since: int
    ) -> InsideArmed:
        self.clock.sleep(5)
        self.moments[channel.guest] = since + seconds
        self.orderly()
        return replace(may_stand(change_id, channel.guest), edit=edit)

    def ticks(self, channel: Channel, change_id: str) -> Ticking | None:
        assert change_id == fakes.CHANGE
        if channel.guest in self.silent:
            raise self.silent[channel.guest]
        told = Ticking(self.uptime(), self.moments[channel.guest])
        self.clock.sleep(2)
        return told

    def moves(self, channel: Channel, change_id: str, moment: int) -> None:
        assert change_id == fakes.CHANGE
        self.orderly()
        if channel.guest in self.stuck:
            raise self.stuck[channel.guest]
        self.clock.sleep(3)
        self.moments[channel.guest] = moment
        self.moved.append((channel.guest, moment - self.uptime()))
        self.orderly()

    def takes(self, seconds: int) -> None:
        """A person takes so long."""
        for _ in range(seconds):
            self.clock.sleep(1)
            self.orderly()

    def move(self, seconds: int) -> deadlines.MovedDeadlines:
        """A deadline so far from now, whatever stands."""
        wish = DeadlineWish(lambda _seen, _at: seconds, "of a test")
        slots, there = self.sessions.armed(), cast("Host", self.host)
        return deadlines.move(slots, self.armed, there, wish, self.clock.now)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Two guests are armed inside, and so is the host."""
    host, clock = fakes.standard_host(), fakes.Time()
    plan = replace(data.plan(data.seen()), deadline_override_s=DEADLINE_S)
    armed = replace(fakes.armed(host), plan=plan)
    inner = GuestSessions(PARAMS, PARAMS.guests, lambda _h, g: _spoken(g), clock)
    made = World(host, armed, clock, inner)
    made.host_moves(DEADLINE_S, "it is armed so")
    for name in (BY_AGENT, BY_CONSOLE):
        slot = inner._slots[name]  # noqa: SLF001 - a plan of three guests is long
        slot.edit, slot.armed = data.EDIT, may_stand(fakes.CHANGE, name)
        made.moments[name] = 1000 + DEADLINE_S - LEAD_S
    monkeypatch.setattr(undo, "uptime", lambda _channel: made.uptime())
    monkeypatch.setattr(undo, "arm", made.arms)
    monkeypatch.setattr(undo, "ticking", made.ticks)
    monkeypatch.setattr(undo, "move", made.moves)
    made.host.events.clear()
    return made


def _spoken(guest: Guest) -> Channel:
    return cast("Channel", Spoken(guest.name))


def made(world: World, monkeypatch: pytest.MonkeyPatch, takes_s: int) -> None:
    """A change of guests by agent and by console, and of one by a person who takes so long."""

    def perform(step: Step, _host: Host) -> None:
        assert isinstance(step, AwaitPerson)
        world.takes(takes_s)

    monkeypatch.setattr(sessions, "perform", perform)
    for slot in world.sessions._slots.values():  # noqa: SLF001
        slot.armed = None
    world.moments.clear()
    digest = data.EDIT.digest
    by_hand = ("52:54:00:00:00:03", "172.16.1.12/16", "virbr1", "as told", WAIT_S)
    changes = (
        WatchInside(BY_AGENT, digest, "agent"),
        WatchInside(BY_CONSOLE, digest, "serial console"),
        ReconfigureByHand(BY_HAND, *by_hand),
    )
    plan = world.armed.plan
    promise = replace(plan.of_guests, guests=plan.of_guests.guests * len(changes))
    world.armed = replace(world.armed, plan=replace(plan, changes=changes, promise=promise))
    there = cast("Host", world.host)
    subject = GuestSubject(world.sessions)
    session = Session(PARAMS, there, "root@desk", fakes.CHANGE, world.clock, lambda: there, subject)
    for phase in ("prepare", "network", "cutover", "settle"):
        pipeline.apply(session, Underway(world.armed, fakes.PROBED), phase)


@pytest.mark.parametrize("takes_s", [10, 100, WAIT_S - 5])
def test_while_a_person_is_waited_for_nothing_is_undone_in_the_middle(
    world: World, monkeypatch: pytest.MonkeyPatch, takes_s: int
) -> None:
    made(world, monkeypatch, takes_s)
    world.orderly()
    left = (world.stands().deadline - world.clock.now()).total_seconds()
    # What the person did not need is given back, by the host and by each guest.
    assert AFTER_S <= left <= DEADLINE_S + 2 * EACH_S
    for name in (BY_AGENT, BY_CONSOLE):
        assert 0 <= (world.stands().deadline - world.comes(name)).total_seconds() <= LEAD_S + 3


def test_more_time_that_a_person_gave_while_another_was_waited_for_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = world.takes

    def takes(seconds: int) -> None:
        waits(seconds)
        world.move(3000)

    monkeypatch.setattr(world, "takes", takes)
    made(world, monkeypatch, 100)
    assert (world.stands().deadline - world.clock.now()).total_seconds() > 2900
    world.orderly()


def test_where_a_guest_does_not_tell_its_countdown_the_step_does_not_begin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.silent[BY_AGENT] = LOST
    with pytest.raises(NotMoved, match="its console is gone"):
        made(world, monkeypatch, 100)
    journal = world.host.text(world.armed.layout.journal)
    assert "step 2 done" in journal
    assert "step 3 begins" not in journal
    world.orderly()


def test_where_a_guest_cannot_be_moved_its_step_fails_and_says_when_it_is_undone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.stuck[BY_AGENT] = LOST
    with pytest.raises(StepFailed, match="vm-01 puts itself back at") as caught:
        made(world, monkeypatch, 100)
    assert "not in every guest" in caught.value.what
    assert "vm-01 puts itself back at" in world.host.text(world.armed.layout.journal)
    world.orderly()


def test_a_later_deadline_is_the_hosts_first(world: World) -> None:
    both = world.move(300)
    assert (both.not_moved, both.moved) == ((), (BY_AGENT, BY_CONSOLE))
    assert [name for name, _ in world.moved] == [BY_AGENT, BY_CONSOLE]
    world.orderly()
    assert all(world.comes(n) > fakes.NOON + timedelta(seconds=290) for n in world.moments)


@pytest.mark.parametrize("broken", [False, True])
def test_an_earlier_deadline_is_the_guests_first(world: World, *, broken: bool) -> None:
    world.move(3000)
    world.moved.clear()
    if broken:
        world.host.fails["run systemd-run"] = LOST
        with pytest.raises(ConnectionLost):
            world.move(100)
    else:
        assert world.move(100).host.changed
    assert [name for name, _ in world.moved] == [BY_AGENT, BY_CONSOLE]
    world.orderly()
    assert all(world.comes(n) < fakes.NOON + timedelta(seconds=200) for n in world.moments)


def test_where_one_guest_cannot_come_earlier_the_host_does_not(world: World) -> None:
    world.move(3000)
    stood = world.stands()
    world.stuck[BY_CONSOLE] = LOST
    both = world.move(100)
    assert [line.split()[0] for line in both.not_moved] == [BY_CONSOLE]
    assert both.moved == (BY_AGENT,)
    assert (both.host.changed, world.stands()) == (False, stood)
    world.orderly()


def test_where_one_guest_does_not_tell_none_comes_earlier_and_the_journal_says_so(
    world: World,
) -> None:
    world.move(3000)
    stood, moments = world.stands(), dict(world.moments)
    world.silent[BY_CONSOLE] = GateClosed("its undo has begun", state="-", then="-")
    assert world.move(100) == deadlines.MovedDeadlines(deadline.DeadlineMove(stood, stood))
    assert (world.stands(), world.moments) == (stood, moments)
    journal = world.host.text(world.armed.layout.journal)
    assert journal.endswith("the deadline was not moved: its undo has begun\n")


def test_a_host_that_another_program_moves_on_meanwhile_has_its_guests_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.move(3000)
    moves = world.moves

    def meanwhile(channel: Channel, change_id: str, moment: int) -> None:
        moves(channel, change_id, moment)
        if len(world.moved) == 3:
            world.host_moves(5000)

    monkeypatch.setattr(undo, "move", meanwhile)
    both = world.move(100)
    assert (both.host.changed, both.not_moved) == (False, ())
    assert all(world.comes(n) > fakes.NOON + timedelta(seconds=4900) for n in world.moments)
    world.orderly()
