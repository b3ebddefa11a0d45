"""Guests from inside: what is open, what is armed there, and what becomes of one that goes away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import cast

import pytest
from tests.unit import fakes
from tests.unit import guest_data as data
from tests.unit import insides as local

from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.guests_before import GuestsBefore
from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.apply.steps.journal import Journal
from runbook.common.errors import ConnectionLost, LoginRefused, MendAccess, NoWayIn, StepFailed
from runbook.guest import lan_checks, sessions
from runbook.guest import undo as inside
from runbook.guest.configure.guest_edit import DesiredNetwork, GuestEdit
from runbook.guest.sessions import GuestSessions
from runbook.guest.target import GuestOffer
from runbook.guest.undo import InsideArmed, InsideState
from runbook.params.guests import Guest
from runbook.plan.changes.guest_steps import ApplyInside, ArmInside, AwaitPerson
from runbook.plan.plan import Plan
from runbook.plan.promise.check import Check
from runbook.state.guest import reader
from runbook.state.guest.inside import Inside
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host

STANDS = fakes.standard_host()
HOST = cast("Host", STANDS)
GUEST = data.params().guests[0]
WANTED = DesiredNetwork(data.NAME, data.MAC, GUEST.ipv4, data.GATEWAY)
LOST = ConnectionLost("gone", state="-", then="-")


@dataclass
class Door:
    """Channels that are opened one after the other; an error instead of one is raised."""

    answers: list[BaseException | None]
    opened: list[str] = field(default_factory=list)

    def enter(self, _host: Host, guest: Guest) -> Channel:
        self.opened.append(guest.name)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        return cast("Channel", Spoken(f"session {len(self.opened)}\n"))


@dataclass
class Spoken:
    """A channel that keeps what it said; `stuck` is what its end comes to, or raises."""

    transcript: str
    stuck: str | Exception = ""
    how: str = "serial console"
    guest: str = data.NAME

    def run(self, _argv: tuple[str, ...]) -> None:
        """Whatever it is, it is done."""

    def close(self) -> str:
        self.transcript += "left\n"
        if isinstance(self.stuck, Exception):
            raise self.stuck
        return self.stuck


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> object:
    """What a look inside comes to."""
    there = local.seen()
    monkeypatch.setattr(reader, "read", lambda *_: there)
    return there


def entered(door: Door, guest: Guest = GUEST) -> GuestSessions:
    return GuestSessions(data.params(), (guest,), door.enter, fakes.Time(ticks=1.0))


@cache
def once() -> Armed:
    return fakes.armed(STANDS)


def armed(deadline_s: int = 100) -> Armed:
    """A change of the guest that is armed on HOST, undone in so many seconds."""
    made = fakes.moved(STANDS, once(), deadline_s, "it is armed so")
    return replace(made, plan=replace(data.plan(data.seen()), deadline_override_s=deadline_s))


def held(
    door: Door, monkeypatch: pytest.MonkeyPatch, arm: Callable[..., InsideArmed]
) -> GuestSessions:
    made = entered(door)
    made.hold((data.target(data.params(), data.seen()),))
    monkeypatch.setattr(inside, "uptime", lambda _channel: 1000)
    monkeypatch.setattr(inside, "arm", arm)
    return made


def test_a_login_that_is_refused_stops_the_run_unless_a_person_goes() -> None:
    refused = LoginRefused("wrong password", state="-", then="-")
    with pytest.raises(LoginRefused):
        entered(Door([refused])).offer(HOST, WANTED, ())
    by_hand = GUEST.model_copy(update={"by_hand": True})
    offered = entered(Door([refused]), by_hand).offer(HOST, WANTED, ())
    assert (offered.way, offered.tried) == ("", ("wrong password",))


def test_what_was_tried_is_told_where_nothing_leads_inside() -> None:
    shut = NoWayIn("nothing", host="h", tried=("no agent", "no console"), then="-")
    assert entered(Door([shut])).offer(HOST, WANTED, ("m",)) == GuestOffer(
        data.NAME, tried=("no agent", "no console"), answers=("m",)
    )


def test_it_is_entered_once_and_left_with_all_that_was_said(seen: object) -> None:
    door = Door([])
    made = entered(door)
    assert made.offer(HOST, WANTED, ()).inside is seen
    made.offer(HOST, WANTED, ())
    assert door.opened == [data.NAME]
    made.close()
    assert made.transcripts()[data.NAME] == "session 1\nleft\n"


@pytest.mark.parametrize("stuck", ["it is gone", LOST, ValueError("it is gone")])
def test_one_that_cannot_be_left_is_told_once_and_the_others_are_left(
    stuck: str | Exception,
) -> None:
    others = GUEST.model_copy(update={"name": "vm-02"})
    opened = {data.NAME: Spoken("one\n", stuck), "vm-02": Spoken("two\n")}

    def enter(_host: Host, guest: Guest) -> Channel:
        return cast("Channel", opened[guest.name])

    made = GuestSessions(data.params(), (GUEST, others), enter, fakes.Time())
    for slot in made._slots.values():  # noqa: SLF001 - entered without a look
        slot.channel(HOST)
    made.close()
    assert made.transcripts() == {data.NAME: "one\nleft\n", "vm-02": "two\nleft\n"}
    (told,) = made.not_left()
    assert told.startswith(f"{data.NAME} was not left as it was found: ")
    assert "gone" in told
    assert made.not_left() == ()


def test_an_edit_that_was_not_planned_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = held(Door([]), monkeypatch, lambda *_: pytest.fail("armed"))
    with pytest.raises(StepFailed, match="not what was planned"):
        made.perform(ArmInside(data.NAME, "another digest"), HOST, armed())


def test_nothing_is_applied_in_a_guest_without_an_undo_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = held(Door([]), monkeypatch, lambda *_: pytest.fail("armed"))
    with pytest.raises(StepFailed, match="it has no armed undo"):
        made.perform(ApplyInside(data.NAME, data.EDIT.digest, "-"), HOST, armed())


def stands(
    _channel: Channel, edit: GuestEdit, change_id: str, seconds: int, _since: int
) -> InsideArmed:
    return InsideArmed(
        change_id, data.NAME, edit, seconds, "sleep", survives_reboot=True,
        directory="/d", undo_script="",
    )  # fmt: skip


@pytest.mark.parametrize("by", ["nobody", "before this phase", "in this phase"])
def test_its_own_undo_comes_before_the_hosts_whoever_moved_that_on(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    kept: list[int] = []

    def arm(
        channel: Channel, edit: GuestEdit, change_id: str, seconds: int, since: int
    ) -> InsideArmed:
        assert since == 1000
        kept.append(seconds)
        return stands(channel, edit, change_id, seconds, since)

    made, until = held(Door([]), monkeypatch, arm), armed(100)
    if by != "nobody":
        later = fakes.moved(STANDS, until, 600, "of a person")
        until = later if by == "before this phase" else until
    made.perform(ArmInside(data.NAME, data.EDIT.digest), HOST, until)
    enough = 98 if by == "nobody" else 598
    assert enough - 8 < kept[0] <= enough


def test_too_little_time_for_an_undo_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    made = held(Door([]), monkeypatch, stands)
    with pytest.raises(StepFailed, match="too little time"):
        made.perform(ArmInside(data.NAME, data.EDIT.digest), HOST, armed(5))


def test_what_the_login_and_the_typing_take_is_off_the_guests_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, kept = fakes.Time(), list[int]()
    door = Door([])

    def slowly(host: Host, guest: Guest) -> Channel:
        clock.sleep(60)
        return door.enter(host, guest)

    def arm(channel: Channel, edit: GuestEdit, change_id: str, *times: int) -> InsideArmed:
        kept.extend(times)
        return stands(channel, edit, change_id, *times)

    made = GuestSessions(data.params(), (GUEST,), slowly, clock)
    made.hold((data.target(data.params(), data.seen()),))
    monkeypatch.setattr(inside, "uptime", lambda _channel: 1000)
    monkeypatch.setattr(inside, "arm", arm)
    made.perform(ArmInside(data.NAME, data.EDIT.digest), HOST, armed(100))
    assert kept == [38, 1000]


@pytest.fixture
def changed(seen: object, monkeypatch: pytest.MonkeyPatch) -> Door:
    assert seen
    monkeypatch.setattr(inside, "undo", lambda *_args, **_more: InsideState.UNDONE)
    return Door([])


def under_way(door: Door, monkeypatch: pytest.MonkeyPatch) -> GuestSessions:
    made = held(door, monkeypatch, stands)
    made.offer(HOST, WANTED, ())
    made.perform(ArmInside(data.NAME, data.EDIT.digest), HOST, armed())
    return made


def test_a_guest_that_boots_is_waited_for_and_entered_again(
    changed: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = under_way(changed, monkeypatch)
    changed.answers = [LOST, LOST, None]
    monkeypatch.setattr(Spoken, "run", first_fails())
    assert made.undo(HOST) == ()
    assert len(changed.opened) == 4


def first_fails() -> Callable[..., None]:
    errors: list[MendAccess] = [LOST]

    def run(_self: object, _argv: tuple[str, ...]) -> None:
        if errors:
            raise errors.pop()

    return run


def test_one_that_does_not_come_back_is_told(
    changed: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = under_way(changed, monkeypatch)
    changed.answers = [LOST] * 500
    monkeypatch.setattr(Spoken, "run", first_fails())
    (found,) = made.undo(HOST)
    assert str(found) == "vm-01 is not seen to be as before: gone"
    assert found.kind is DifferenceKind.NOT_COMPARED


def test_one_that_was_never_armed_has_nothing_to_undo(changed: Door) -> None:
    assert entered(changed).undo(HOST) == ()
    assert changed.opened == []


def by_person() -> tuple[Guest, Plan]:
    """A guest that a person changes, and the plan for it."""
    asked = data.params(guests=({"name": data.NAME, "address": data.ADDRESS, "by_hand": True},))
    return asked.guests[0], data.plan(data.seen(), asked, edit=None)


@pytest.mark.parametrize(
    ("log", "asked"),
    [("{at} step {n} begins: x\n", True), ("{at} step 1 begins: x\n", False), ("", True)],
)
def test_what_a_person_did_is_undone_by_nobody_once_they_were_asked(
    changed: Door, log: str, *, asked: bool
) -> None:
    guest, plan = by_person()
    made = entered(changed, guest)
    (number,) = [n.number for n in plan.steps() if isinstance(n.step, AwaitPerson)]
    assert number > 1
    text = log.format(at="2026-03-01T12:00:01Z", n=number)
    made.take_up(plan, "change-1", Journal(text), GuestsBefore())
    assert [found.kind for found in made.undo(HOST)] == [DifferenceKind.BY_HAND] * asked


def test_a_person_who_was_not_asked_yet_changed_nothing(
    changed: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "perform", lambda _step, _host: None)
    guest, plan = by_person()
    made = entered(changed, guest)
    assert made.undo(HOST) == ()
    (step,) = [n.step for n in plan.steps() if isinstance(n.step, AwaitPerson)]
    made.perform(step, HOST, armed())
    (found,) = made.undo(HOST)
    assert (found.guest, found.kind) == (data.NAME, DifferenceKind.BY_HAND)
    assert "by nobody else" in str(found)


def another_run_s(before: GuestsBefore) -> GuestSessions:
    made = entered(Door([]))
    made.take_up(data.plan(data.seen()), "change-1", Journal("begun"), before)
    return made


@pytest.mark.parametrize(
    ("end", "said"),
    [(InsideState.UNDONE, "vm-01 is undone, and was"), (InsideState.UNKNOWN, "has nothing of")],
)
@pytest.mark.usefixtures("changed")
def test_another_run_s_guest_that_nobody_can_compare_is_not_called_as_before(
    monkeypatch: pytest.MonkeyPatch, end: InsideState, said: str
) -> None:
    monkeypatch.setattr(inside, "undo", lambda *_args, **_more: end)
    (found,) = another_run_s(GuestsBefore(why="guests.json is damaged")).undo(HOST)
    assert said in str(found)
    assert "not compared inside: guests.json is damaged" in str(found)


def test_another_run_s_guest_is_compared_with_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "undo", lambda *_args, **_more: InsideState.UNDONE)
    monkeypatch.setattr(reader, "read", lambda *_: local.seen("by hand\n"))
    kept = GuestsBefore({data.NAME: local.seen("as it was\n")})
    text = f"{data.NAME}: {local.PATH} in the guest: was 'as it was', is 'by hand'"
    found = GuestDifference(data.NAME, DifferenceKind.FILE, text)
    assert another_run_s(kept).undo(HOST) == (found,)
    same = GuestsBefore({data.NAME: local.seen("by hand\n")})
    assert another_run_s(same).undo(HOST) == ()


def test_another_run_s_guest_is_verified_by_what_answered_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    def verify(
        _channel: Channel, wanted: DesiredNetwork, before: object, _clock: object
    ) -> tuple[Check, ...]:
        asked.append((wanted.mac, before))
        return ()

    monkeypatch.setattr(inside, "verify", verify)
    monkeypatch.setattr(lan_checks, "listen", lambda *_: Silent())
    promise = data.plan(data.seen()).of_guests
    another_run_s(GuestsBefore({data.NAME: local.seen()})).checks(HOST, promise, data.seen())
    another_run_s(GuestsBefore()).checks(HOST, promise, data.seen())
    assert asked == [(data.MAC, local.seen()), (data.MAC, None)]


class Silent:
    """Nothing is heard on the LAN."""

    def checks(self, _guest: object) -> tuple[Check, ...]:
        return ()


def test_what_a_console_showed_to_nobody_who_got_in_is_kept() -> None:
    refused = LoginRefused("wrong password", state="-", then="-")
    refused.transcript = "login: »root\nLogin incorrect\n"
    made = entered(Door([refused, None]))
    with pytest.raises(LoginRefused):
        made.offer(HOST, WANTED, ())
    assert made.transcripts()[data.NAME] == refused.transcript


def test_who_speaks_inside_has_the_turn_until_it_is_done(
    changed: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = under_way(changed, monkeypatch)
    at_work, go_on = threading.Event(), threading.Event()

    def undo(*_args: object, **_more: object) -> InsideState:
        at_work.set()
        assert go_on.wait(10)
        return InsideState.UNDONE

    monkeypatch.setattr(inside, "undo", undo)
    cell = threading.Thread(target=lambda: made.undo(HOST))
    cell.start()
    assert at_work.wait(10)
    with pytest.raises(BlockingIOError), made.turn(0.05):
        pytest.fail("both speak")
    go_on.set()
    cell.join(10)
    with made.turn(0.05):
        pass


def test_a_confirmation_is_tried_again_through_a_new_channel(
    changed: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = under_way(changed, monkeypatch)
    answers: list[BaseException | None] = [LOST, None]

    def confirm(_channel: Channel, _armed: InsideArmed) -> None:
        if error := answers.pop(0):
            raise error

    monkeypatch.setattr(inside, "confirm", confirm)
    made.confirm(HOST)
    assert answers == []
    assert len(changed.opened) == 2


def test_an_undo_whose_arming_got_no_answer_is_looked_for(
    seen: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen
    undone: list[str] = []

    def lost(*_arguments: object) -> InsideArmed:
        raise LOST

    def undo(_channel: Channel, armed: InsideArmed, **_more: object) -> InsideState:
        undone.append(armed.directory)
        return InsideState.UNDONE

    monkeypatch.setattr(inside, "undo", undo)
    made, change = held(Door([]), monkeypatch, lost), armed()
    with pytest.raises(ConnectionLost):
        made.perform(ArmInside(data.NAME, data.EDIT.digest), HOST, change)
    made.undo(HOST)
    assert undone == [f"/var/lib/runbook/{change.change_id}"]


@pytest.mark.parametrize(
    ("after", "again"),
    [
        (local.seen(addresses=("172.16.200.7/16",)), True),
        (local.seen(), False),
        (local.seen("iface eth0 inet manual\n", addresses=()), False),
    ],
)
def test_a_guest_that_got_a_lease_before_its_host_was_undone_asks_once_more(
    monkeypatch: pytest.MonkeyPatch, after: Inside, *, again: bool
) -> None:
    """Restarted in the middle it asks on the LAN; one whose files are others since is let be."""
    client = ("dhclient eth0",)
    looks, asked = [replace(after, dhcp_clients=client)], list[str]()
    monkeypatch.setattr(reader, "read", lambda *_: looks[-1])
    monkeypatch.setattr(inside, "undo", lambda *_args, **_more: InsideState.UNDONE)

    def once_more(_channel: Channel, undone: InsideArmed) -> None:
        asked.append(undone.guest)
        looks.append(local.seen(dhcp_clients=client))

    monkeypatch.setattr(inside, "once_more", once_more)
    made = another_run_s(GuestsBefore({data.NAME: local.seen(dhcp_clients=client)}))
    failed = made.undo(HOST)
    assert asked == [data.NAME] * again
    assert bool(failed) is (looks[-1].files != local.seen().files)
