"""Guests come onto the LAN, stay there through what hosts go through, and go back if undone.

The host drops what nobody needs (profile drop), and its bridge hands frames to iptables:
whatever holds here holds without.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from tests.lab import guesting
from tests.lab.guesting import HOST, address, console

from runbook import guest_run, run
from runbook.changes.plug import Rejoin
from runbook.confirm import Confirmed
from runbook.lab import guest as lab_guests
from runbook.lab import lab as labs
from runbook.lab import machine, shell
from runbook.lab.guest_xml import Guest as LabGuest
from runbook.lab.probe import Probe, Probed
from runbook.plan import PHASES, Plan

# The notebook's own test moves a guest in the gate; this is what takes minutes.
pytestmark = pytest.mark.thorough
DROP = {"firewall": "drop", "consent": ["bpdu"]}
A_LATE_ANSWER_MS = 100.0
SETTLED_S = 8.0


@dataclass(frozen=True, slots=True)
class Scene:
    """The host, and two guests that are on libvirt's own network at first."""

    first: LabGuest
    second: LabGuest


@pytest.fixture(scope="module")
def scene(lab: labs.Lab) -> Iterator[Scene]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan(**DROP)
    assert console("cat", "/proc/sys/net/bridge/bridge-nf-call-iptables").strip() == "1"
    assert "-P FORWARD DROP" in console("iptables", "-S", "FORWARD")
    first, second = guesting.added("quick", "vm-01", "vm-02")
    yield Scene(first, second)
    labs.renew(HOST)


def probed(name: str, seconds: float = 1, rate: int = 50) -> Probed:
    """From beyond the router."""
    return Probe(address(name).partition("/")[0], rate=rate, seconds=seconds).result()


def answers(name: str) -> bool:
    """Whether none of a second's probes is lost."""
    return probed(name).lost == 0


def is_there(name: str) -> None:
    """Beyond the router it is heard, and the router sends to it and to nobody else."""
    assert probed(name).lost == 0
    assert guesting.neighbour(name) == guesting.mac(name)


def undone_as_before(*names: str) -> None:
    """All of them are on the LAN, and then host and guests are as if they had never been."""
    were = {name: guesting.inside(name) for name in names}
    with guesting.session(*names) as made:
        change = guesting.armed(made)
        change.make("settle")
        for name in names:
            assert probed(name).lost == 0, name
        undone = run.roll_back(made, change.underway, "because")
    assert undone.as_before
    assert guesting.as_before(change.before) == ""
    assert {name: guesting.inside(name) for name in names} == were


def test_a_change_that_is_undone_leaves_host_and_guest_as_before(scene: Scene) -> None:
    was = guesting.inside("vm-01")
    with guesting.session("vm-01") as made:
        change = guesting.armed(made)
        change.make("settle")
        assert probed("vm-01").lost == 0
        undone = run.roll_back(made, change.underway, "because")
    assert undone.as_before
    assert guesting.as_before(change.before) == ""
    assert guesting.inside("vm-01") == was
    lab_guests.wait(HOST, scene.first)


def test_a_guest_is_moved_once_and_then_there_is_nothing_to_do(scene: Scene) -> None:
    assert scene
    assert isinstance(guesting.moved("vm-01"), Confirmed)
    is_there("vm-01")
    assert probed("vm-01").lost == 0
    assert Probe("172.16.1.1", rate=50, seconds=1).result().lost == 0
    again = guesting.moved("vm-01")
    assert isinstance(again, Plan)
    assert again.empty


def test_a_guest_that_is_there_loses_nothing_while_another_one_comes(scene: Scene) -> None:
    assert scene
    probe = Probe(address("vm-01").partition("/")[0], rate=50, seconds=120)
    time.sleep(0.5)
    assert isinstance(guesting.moved("vm-02"), Confirmed)
    seen = probe.stop()
    assert seen.sent > 100, seen
    # A guest in software emulation may be late; one that is cut off is so for seconds.
    assert seen.lost == 0 or seen.longest_gap_ms < A_LATE_ANSWER_MS, seen
    is_there("vm-02")


def test_guests_that_lost_their_bridge_are_put_back_into_it(scene: Scene) -> None:
    assert scene
    console("virsh", "net-destroy", "routed")
    console("virsh", "net-start", "routed")
    assert probed("vm-01").lost > 0
    with guesting.session("vm-01", "vm-02") as made:
        change = guesting.armed(made)
        assert {type(one) for one in change.underway.armed.plan.changes} >= {Rejoin}
        for phase in PHASES:
            applied = run.apply(made, change.underway, phase)
        run.confirm(made, run.verify(made, change.underway, applied))
    is_there("vm-01")
    is_there("vm-02")


def test_they_are_there_again_after_a_reboot_of_their_host(scene: Scene) -> None:
    assert scene
    machine.shut_down(HOST)
    machine.power_on(HOST)
    for name in ("vm-01", "vm-02"):
        shell.wait_for(name, partial(answers, name), 120)
        is_there(name)
    with guesting.session("vm-01", "vm-02") as made:
        before = run.read(made)
        drawn = guest_run.plan(made, before, guest_run.offers(made, before))
        assert drawn.plan.empty


@pytest.mark.timeout(900)
def test_three_quick_guests_and_a_debian_one_come_in_one_change(lab: labs.Lab) -> None:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    guesting.added("quick", "vm-01", "vm-02", "vm-03")
    guesting.added("debian", "deb-04")
    names = ("vm-01", "vm-02", "vm-03", "deb-04")
    undone_as_before(*names)
    # The guests' ports learn anew after an undo, and a plan is of a host that is settled.
    time.sleep(SETTLED_S)
    assert isinstance(guesting.moved(*names), Confirmed)
    assert Probe("172.16.1.1", rate=50, seconds=1).result().lost == 0
    for name in names:
        is_there(name)
    machine.shut_down(HOST)
    machine.power_on(HOST)
    for name in names:
        shell.wait_for(name, partial(answers, name), 240)
        is_there(name)
