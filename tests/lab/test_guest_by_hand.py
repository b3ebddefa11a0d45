"""Guests that nobody but a person gets into: told what to do, waited for, and not believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from tests.lab import by_agent, guesting, person, returning
from tests.lab.guesting import HOST, address, console

from runbook.apply.guest_difference import DifferenceKind
from runbook.apply.phases import EACH_S
from runbook.common.errors import StepFailed
from runbook.lab import guest as lab_guests
from runbook.lab import lab as labs
from runbook.lab import shell
from runbook.lab.probe import OutageProbe
from runbook.params.guests import Guest
from runbook.plan.changes.guest.configuration import ReconfigureByHand
from runbook.run import pipeline
from runbook.run.failures import Differs
from runbook.run.session import Session
from runbook.transport.guest.login import variables

# Whole changes, with a person's pauses in them.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def on_the_lan(lab: labs.Lab) -> Iterator[None]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    yield
    labs.renew(HOST)


@pytest.fixture(scope="module")
def quick(on_the_lan: None) -> str:
    """A guest with a console, whose password is not known here."""
    assert on_the_lan is None
    guesting.added("quick", "vm-01")
    return "vm-01"


@pytest.fixture(autouse=True)
def _no_change_is_left(on_the_lan: None) -> Iterator[None]:
    assert on_the_lan is None
    yield
    if returning.is_armed():
        guesting.on_the_lan()


@pytest.fixture(autouse=True)
def wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vm-01", "vm-02"):
        monkeypatch.setenv(variables(name)[0], "guess")


def asked(name: str, wait_s: int) -> dict[str, object]:
    """A guest as the host's file has it."""
    return Guest(name=name, address=address(name), by_hand=True, wait_s=wait_s).model_dump()


def instructed(change: guesting.Change) -> person.Instructions:
    """What the plan has a person do."""
    changes = change.underway.armed.plan.changes
    (told,) = [each for each in changes if isinstance(each, ReconfigureByHand)]
    return person.read(told.instructions)


def beside(do: Callable[[], object]) -> threading.Thread:
    """The person, at work while the program waits."""
    made = threading.Thread(target=do, daemon=True)
    made.start()
    return made


def confirmed(made: Session, change: guesting.Change) -> None:
    applied = pipeline.apply(made, change.underway, "settle")
    pipeline.confirm(made, pipeline.verify(made, change.underway, applied))


def is_there(name: str) -> None:
    ip = address(name).partition("/")[0]
    assert OutageProbe(ip, rate=50, seconds=1).result().lost == 0
    assert guesting.neighbour(name) == guesting.mac(name)


def test_an_address_that_is_not_the_one_asked_for_is_not_taken_for_done(quick: str) -> None:
    with guesting.session(quick, guests=[asked(quick, 60)]) as made:
        change = guesting.armed(made)
        told = instructed(change)
        change.make("network")
        slip = (address(quick).partition("/")[0], "172.16.1.77")
        at_work = beside(lambda: person.carry_out(HOST, quick, told, slip))
        with pytest.raises(StepFailed, match="nobody answers for"):
            change.make_only("cutover")
        at_work.join(60)
        assert OutageProbe("172.16.1.77", rate=50, seconds=1).result().lost == 0
        with pytest.raises(Differs) as caught:
            pipeline.roll_back(made, change.underway, "because")
    # The host is as it was; of the guest nobody says that it is.
    assert caught.value.undone.differences.empty
    (difference,) = caught.value.undone.guests
    assert (difference.guest, difference.kind) == (quick, DifferenceKind.BY_HAND)
    person.go_back(HOST, quick, told)
    assert console("ping", "-c", "3", "-W", "2", "192.168.122.50")


def test_a_leased_address_is_taken_away_by_hand_and_does_not_come_back(on_the_lan: None) -> None:
    assert on_the_lan is None
    guesting.added("debian", "vm-02", dhcp=True)
    by_agent.shell(HOST, "vm-02", "(sleep 1; systemctl stop qemu-guest-agent) >/dev/null 2>&1 &")
    with guesting.session("vm-02", guests=[asked("vm-02", 240)]) as made:
        change = guesting.armed(made)
        told = instructed(change)
        change.make("network")
        at_work = beside(lambda: person.carry_out(HOST, "vm-02", told))
        change.make_only("cutover")
        at_work.join(60)
        confirmed(made, change)
    is_there("vm-02")
    person.log_in(HOST, "vm-02")
    # pgrep finds none.
    shown = person.types(HOST, "vm-02", "pgrep dhclient")
    assert shown.endswith("ended 1."), shown
    person.log_out(HOST, "vm-02")
    lab_guests.remove(HOST, "vm-02")


def test_what_is_declined_is_done_by_hand_and_verified_from_inside(on_the_lan: None) -> None:
    assert on_the_lan is None
    guesting.added("debian", "vm-03", manager="NetworkManager")
    with guesting.session("vm-03", guests=[asked("vm-03", 240)]) as made:
        change = guesting.armed(made)
        changes = change.underway.armed.plan.changes
        (by_hand,) = [each for each in changes if isinstance(each, ReconfigureByHand)]
        assert "eth0 is managed by NetworkManager" in by_hand.instructions
        lines = by_hand.instructions.splitlines()
        find = next(line for line in lines if "NIC=$(" in line)
        typed = [
            line.strip() for line in lines if "nmcli" in line and "NetworkManager:" not in line
        ]
        change.make("network")
        at_work = beside(lambda: by_agent.shell(HOST, "vm-03", "\n".join((find, *typed))))
        change.make_only("cutover")
        at_work.join(60)
        applied = pipeline.apply(made, change.underway, "settle")
        verified = pipeline.verify(made, change.underway, applied)
        assert any(c.about.startswith("in vm-03: default route") for c in verified.verdict.checks)
        pipeline.confirm(made, verified)
    is_there("vm-03")
    lab_guests.remove(HOST, "vm-03")


def test_nothing_is_undone_while_a_person_takes_longer_than_the_deadline(quick: str) -> None:
    deadline_s, changed = 60, "vm-04"
    guesting.added("quick", changed)
    guests = [{"name": changed, "address": address(changed)}, asked(quick, 300)]
    with guesting.session(guests=guests, deadline_s=deadline_s) as made:
        change = guesting.armed(made)
        told = instructed(change)
        change.make("network")
        begun, seen = time.monotonic(), list[bool]()

        def late() -> None:
            # The guest that is changed by now has its own undo, of the same time.
            shell.wait_for("the other guest", lambda: guesting.answers(changed), 120)
            time.sleep(deadline_s + 20)
            seen.append(guesting.answers(changed) and returning.is_armed())
            person.carry_out(HOST, quick, told)

        at_work = beside(late)
        change.make_only("cutover")
        at_work.join(60)
        assert seen == [True]
        assert time.monotonic() - begun > deadline_s + 20
        # What the person did not need is given back.
        assert returning.status()["seconds_left"] <= deadline_s + 2 * EACH_S
        confirmed(made, change)
    assert not returning.is_armed()
    for name in (changed, quick):
        is_there(name)
    guesting.nothing_is_left_to_do(changed)
    lab_guests.remove(HOST, changed)
