"""Real Debian guests whose NIC another network manager than ifupdown has, or which got it by DHCP.

Each comes onto the LAN and stays there over its own restart; and goes back to the byte: at
the operator's word, by its own timer, and when it is restarted in the middle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.lab import by_agent, guesting
from tests.lab.guesting import GATEWAY, HOST, address, console

from runbook.apply.confirm import Confirmed
from runbook.lab import guest as lab_guests
from runbook.lab import lab as labs
from runbook.lab import shell
from runbook.lab.guest_xml import Guest as LabGuest
from runbook.lab.probe import OutageProbe
from runbook.preflight import RefusedByPreflight
from runbook.run import pipeline
from runbook.state.guest.inside import Inside

# Minutes each, and a disk that the gate does not build.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1200)]
# In software emulation, beside other labs.
BOOT_S = 600.0


@dataclass(frozen=True, slots=True)
class Case:
    """A guest, what the package says has its NIC, and what it says of cloud-init."""

    number: int
    manager: str
    found: str
    cloud_init: str = "off"
    dhcp: bool = False

    @property
    def name(self) -> str:
        return f"vm-{self.number:02d}"

    def __str__(self) -> str:
        return f"{self.manager}{'-dhcp' if self.dhcp else ''}"


# Where cloud-init is not at work, its own switch is off (cloud-init.disabled).
CASES = (
    Case(1, "systemd-networkd", "systemd-networkd"),
    Case(2, "netplan", "netplan"),
    Case(3, "cloud-init", "netplan", "on"),
    Case(4, "cloud-init-ifupdown", "ifupdown", "on"),
    Case(5, "ifupdown", "ifupdown", dhcp=True),
    Case(7, "systemd-networkd", "systemd-networkd", dhcp=True),
    Case(8, "netplan", "netplan", dhcp=True),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A case's guest as the lab has it, on network default."""

    case: Case
    guest: LabGuest

    @property
    def name(self) -> str:
        return self.guest.name


@pytest.fixture(scope="module")
def on_the_lan(lab: labs.Lab) -> Iterator[None]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    yield
    labs.renew(HOST)


@pytest.fixture(scope="module", params=CASES, ids=str)
def scene(on_the_lan: None, request: pytest.FixtureRequest) -> Iterator[Scene]:
    assert on_the_lan is None
    case: Case = request.param
    (guest,) = guesting.added("debian", case.name, manager=case.manager, dhcp=case.dhcp)
    shown = by_agent.shell(HOST, case.name, "systemctl is-system-running --wait")
    assert shown.strip() == "running"
    yield Scene(case, guest)
    lab_guests.remove(HOST, case.name)


def inside(name: str) -> Inside:
    with guesting.session(name) as made:
        offered = pipeline.observe(made, pipeline.read(made)).offers[name].inside
    assert offered is not None
    return offered


def everything(name: str) -> tuple[list[str], str]:
    return by_agent.etc(HOST, name), by_agent.live(HOST, name)


def until(what: str, is_so: Callable[[], bool], seconds: float = BOOT_S) -> None:
    shell.wait_for(what, is_so, seconds, pause=1)


def agent_is_back(name: str) -> None:
    until(f"{name}'s agent", lambda: lab_guests.agent_answers(HOST, name))
    by_agent.shell(HOST, name, "systemctl is-system-running --wait")


def is_there(name: str) -> None:
    """Beyond the router it is heard, and the router sends to it and to nobody else."""
    ip = address(name).partition("/")[0]
    until(f"{name} at {ip}", lambda: OutageProbe(ip, rate=50, seconds=1).result().lost == 0, 30)
    assert guesting.neighbour(name) == guesting.mac(name)


def test_what_has_the_nic_is_seen(scene: Scene) -> None:
    seen = inside(scene.name)
    assert (seen.manager, seen.cloud_init) == (scene.case.found, scene.case.cloud_init)
    assert seen.addresses == (str(scene.guest.address),)
    assert bool(seen.dhcp_clients) == scene.case.dhcp


def test_a_change_that_is_undone_leaves_no_trace(scene: Scene) -> None:
    was = everything(scene.name)
    with guesting.session(scene.name) as made:
        change = guesting.armed(made)
        change.make("settle")
        is_there(scene.name)
        undone = pipeline.roll_back(made, change.underway, "because")
    assert undone.as_before, (undone.failed, undone.guests)
    assert guesting.as_before(change.before) == ""
    assert everything(scene.name) == was
    lab_guests.wait(HOST, scene.guest)


def test_a_guest_restarted_in_the_middle_comes_up_as_before(scene: Scene) -> None:
    was = everything(scene.name)
    # With cloud-init a boot takes longer than an undo waits for a guest.
    with guesting.session(scene.name, deadline_s=600) as made:
        change = guesting.armed(made)
        change.make("settle")
        by_agent.shell(HOST, scene.name, "sync")
        console("virsh", "reset", scene.name)
        time.sleep(5)
        agent_is_back(scene.name)
        undone = pipeline.roll_back(made, change.underway, "because")
    assert undone.as_before, (undone.failed, undone.guests)
    agent_is_back(scene.name)
    lab_guests.wait(HOST, scene.guest)
    assert everything(scene.name) == was


@pytest.mark.parametrize("scene", CASES[:1], ids=str, indirect=True, scope="module")
def test_a_guest_nobody_asks_any_more_goes_back_by_its_own_timer(scene: Scene) -> None:
    was = everything(scene.name)
    with guesting.session(scene.name, deadline_s=90) as made:
        change = guesting.armed(made)
        change.make("settle")
        assert f" {address(scene.name)} " in by_agent.live(HOST, scene.name)
    old = f" {scene.guest.address} "
    until("its timer", lambda: old in by_agent.live(HOST, scene.name), 150)
    until("the host's timer", lambda: guesting.as_before(change.before) == "", 60)
    assert everything(scene.name) == was


def test_it_comes_onto_the_lan_and_is_there_after_its_own_restart(scene: Scene) -> None:
    assert isinstance(guesting.moved(scene.name), Confirmed)
    is_there(scene.name)
    live = by_agent.live(HOST, scene.name)
    assert f" {address(scene.name)} " in live
    assert f"default via {GATEWAY} " in live
    assert f"nameserver {scene.guest.gateway}" in live
    assert by_agent.shell(HOST, scene.name, "pgrep -l 'dhclient|udhcpc'") == ""
    console("virsh", "shutdown", "--mode", "acpi", scene.name)
    until("its end", lambda: "shut off" in console("virsh", "domstate", scene.name), 120)
    console("virsh", "start", scene.name)
    agent_is_back(scene.name)
    is_there(scene.name)
    assert by_agent.live(HOST, scene.name) == live
    seen = inside(scene.name)
    assert seen.cloud_init in ("off", "absent")
    assert seen.dhcp_clients == ()


def test_networkmanager_is_declined_before_anything_is_written(on_the_lan: None) -> None:
    assert on_the_lan is None
    guesting.added("debian", "vm-06", manager="NetworkManager")
    was, host = everything("vm-06"), console("ls", "-lR", "/var/lib/runbook")
    with (
        guesting.session("vm-06") as made,
        pytest.raises(RefusedByPreflight, match="managed by NetworkManager"),
    ):
        guesting.armed(made)
    assert everything("vm-06") == was
    assert console("ls", "-lR", "/var/lib/runbook") == host
    assert "No such file" in by_agent.shell(HOST, "vm-06", "ls /var/lib/runbook")
    lab_guests.remove(HOST, "vm-06")
