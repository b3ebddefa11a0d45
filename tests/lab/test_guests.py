"""Guests come onto the LAN, stay there through what hosts go through, and go back if undone.

The host drops what nobody needs (profile drop), and its bridge hands frames to iptables:
whatever holds here holds without.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
from tests.lab import guesting, host_steps, returning
from tests.lab.guesting import HOST, address, console

from runbook.apply.confirm import Confirmed
from runbook.lab import guest as lab_guests
from runbook.lab import lab as labs
from runbook.lab.guest_xml import Guest as LabGuest
from runbook.lab.probe import Outage, OutageProbe
from runbook.plan.changes.guest.nic import Rejoin
from runbook.plan.plan import PHASES, Plan
from runbook.run import pipeline

# The notebook's own test moves a guest in the gate; this is what takes minutes.
pytestmark = pytest.mark.thorough
DROP = {"firewall": "drop", "consent": ["bpdu"]}
# One every 20 ms: an emulated guest keeps up with that on a machine that is busy with others.
RATE = 50
LONGEST_S = 300
# The host's deadline, and what is waited for beyond it, are longer.
UNDONE_S = 90


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


def test_a_change_that_is_undone_leaves_host_and_guest_as_before(scene: Scene) -> None:
    was = guesting.inside("vm-01")
    with guesting.session("vm-01") as made:
        change = guesting.armed(made)
        change.make("settle")
        assert guesting.probed("vm-01").lost == 0
        undone = pipeline.roll_back(made, change.underway, "because")
    assert undone.as_before
    assert guesting.as_before(change.before) == ""
    assert guesting.inside("vm-01") == was
    lab_guests.wait(HOST, scene.first)


def test_a_guest_is_moved_once_and_then_there_is_nothing_to_do(scene: Scene) -> None:
    assert scene
    assert isinstance(guesting.moved("vm-01"), Confirmed)
    guesting.is_there("vm-01")
    assert guesting.probed("vm-01").lost == 0
    assert OutageProbe("172.16.1.1", rate=50, seconds=1).result().lost == 0
    again = guesting.moved("vm-01")
    assert isinstance(again, Plan)
    assert again.empty


def test_another_address_for_a_guest_that_is_there_goes_back_when_it_is_undone(
    scene: Scene,
) -> None:
    assert scene
    was = guesting.inside("vm-01")
    guests = [{"name": "vm-01", "address": "172.16.1.51/16"}]
    # Nothing is changed on the host itself, and its own undo has to end all the same.
    with guesting.session("vm-01", guests=guests) as made:
        change = guesting.armed(made)
        change.make("cutover")
        began = time.monotonic()
        undone = pipeline.roll_back(made, change.underway, "because")
    assert undone.as_before
    assert time.monotonic() - began < UNDONE_S
    assert not returning.is_armed()
    assert guesting.inside("vm-01") == was
    guesting.is_there("vm-01")


@contextmanager
def nothing_lost(name: str) -> Iterator[None]:
    """Each probe has an answer within two seconds, from beyond the router, all the while."""
    probe = OutageProbe(address(name).partition("/")[0], rate=RATE, seconds=LONGEST_S)
    try:
        time.sleep(0.5)
        yield
        # What comes late: ports that learn anew, neighbours that are asked for again.
        time.sleep(guesting.SETTLED_S)
    finally:
        seen = probe.stop()
    print(seen)  # noqa: T201 - `pytest -rP` shows how long the longest took
    assert seen.sent > RATE, seen
    assert seen.lost == 0, seen


def frozen(name: str, seconds: float) -> Outage:
    """What probes say of a guest that stands still meanwhile."""
    probe = OutageProbe(address(name).partition("/")[0], rate=RATE, seconds=LONGEST_S)
    time.sleep(0.5)
    pid = console("cat", f"/run/libvirt/qemu/{name}.pid").strip()
    console("sh", "-c", f"kill -STOP {pid}; sleep {seconds}; kill -CONT {pid}")
    return probe.stop()


def test_a_guest_that_is_late_has_lost_nothing_and_one_that_is_away_has(scene: Scene) -> None:
    assert scene
    away = frozen("vm-01", 2.5)
    assert away.lost > 0, away
    late = frozen("vm-01", 1.2)
    assert late.lost == 0, late
    assert late.longest_rtt_ms > 1000, late


def test_a_guest_that_is_there_loses_nothing_while_another_one_goes_and_comes(scene: Scene) -> None:
    assert scene
    with guesting.session("vm-02") as made:
        with nothing_lost("vm-01"):
            change = guesting.armed(made)
            change.make("settle")
        with nothing_lost("vm-01"):
            assert pipeline.roll_back(made, change.underway, "because").as_before
    with nothing_lost("vm-01"):
        assert isinstance(guesting.moved("vm-02"), Confirmed)
    guesting.is_there("vm-02")


def test_guests_that_lost_their_bridge_are_put_back_into_it(scene: Scene) -> None:
    assert scene
    console("virsh", "net-destroy", "routed")
    console("virsh", "net-start", "routed")
    assert guesting.probed("vm-01").lost > 0
    with guesting.session("vm-01", "vm-02") as made:
        change = guesting.armed(made)
        assert {type(one) for one in change.underway.armed.plan.changes} >= {Rejoin}
        for phase in PHASES:
            applied = pipeline.apply(made, change.underway, phase)
        pipeline.confirm(made, pipeline.verify(made, change.underway, applied))
    guesting.is_there("vm-01")
    guesting.is_there("vm-02")


def test_they_are_there_again_after_a_reboot_of_their_host(scene: Scene) -> None:
    assert scene
    guesting.rebooted("vm-01", "vm-02")
    guesting.nothing_is_left_to_do("vm-01", "vm-02")


@pytest.mark.timeout(900)
def test_three_quick_guests_and_a_debian_one_come_in_one_change(lab: labs.Lab) -> None:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    guesting.added("quick", "vm-01", "vm-02", "vm-03")
    guesting.added("debian", "deb-04")
    names = ("vm-01", "vm-02", "vm-03", "deb-04")
    guesting.undone_as_before(*names)
    assert isinstance(guesting.moved(*names), Confirmed)
    assert OutageProbe("172.16.1.1", rate=50, seconds=1).result().lost == 0
    for name in names:
        guesting.is_there(name)
    guesting.rebooted(*names)


def test_guests_lose_nothing_while_the_host_makes_its_own_steps(lab: labs.Lab) -> None:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    guesting.added("quick", "vm-01")
    assert isinstance(guesting.moved("vm-01"), Confirmed)
    assert console("cat", "/proc/sys/net/bridge/bridge-nf-call-iptables").strip() == "1"
    console("sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
    made = pipeline.open_session(guesting.params(**DROP))
    with closing(made.host):
        ready = host_steps.ready(made)
        with nothing_lost("vm-01"):
            underway = host_steps.make(made, ready)
        assert "-P FORWARD DROP" in console("iptables", "-S", "FORWARD")
        with nothing_lost("vm-01"):
            assert pipeline.roll_back(made, underway, "because").as_before
    assert "-P FORWARD ACCEPT" in console("iptables", "-S", "FORWARD")
