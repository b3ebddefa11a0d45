"""A bond and a VLAN interface as the bridge's port, made by Debian's own kernel and ifupdown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.lab import emulated
from tests.lab.test_files import console, params
from tests.lab.test_odd_hosts import INTERFACES, LO, NIC
from tests.matrix.course import (
    FINE,
    as_promised,
    change,
    libvirtd,
    networking,
    reboot,
    undone,
)

from runbook.apply import phases
from runbook.apply.steps.perform import perform
from runbook.lab import lab as labs
from runbook.lab import shell, wiring
from runbook.lab.hardware import Hardware
from runbook.lab.names import SWITCH, nic, tap
from runbook.lab.probe import Outage, OutageProbe
from runbook.lab.qemu import process
from runbook.plan.changes.steps import GatedNetlink, Step
from runbook.transport.host import Host

# Emulated, and on a machine with other work: each boot takes minutes.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(3600)]
HOST, SECOND, VLAN = "server-01", nic(1), 10
PORTS = [tap(HOST, 0), tap(HOST, 1)]
ADDRESS = "    address 172.16.1.1/16\n    gateway 172.16.0.1\n"
BOND = (
    f"{LO}auto bond0\niface bond0 inet static\n{ADDRESS}"
    f"    bond-slaves {NIC} {SECOND}\n    bond-mode {{}}\n    bond-miimon 100\n"
)
TRUNK, RATE = "trunk-01", 200
TAGGED = (
    f"{LO}auto {NIC}\niface {NIC} inet manual\n\n"
    f"auto {NIC}.{VLAN}\niface {NIC}.{VLAN} inet static\n{ADDRESS}"
)
# A virtio NIC does not say how fast it is, and the kernel speaks LACP on full duplex ports only.
DUPLEX = "printf 'BitsPerSecond=1G\\nDuplex=full\\n' | tee -a /etc/systemd/network/10-nic*.link"
PATIENCE_S = 120
FAR_END = Path(__file__).with_name("far_end.py")
Prepare = Callable[[], None]
Record = Callable[[str, object], None]


def in_switch(*argv: str) -> None:
    shell.run("ip", "netns", "exec", SWITCH, *argv)


@contextmanager
def far_end(prepare: Prepare, *words: str) -> Iterator[None]:
    """The switch does this to the host's ports, which are new ones at each power-on."""
    plug_in, running = wiring.plug_in_taps, list[subprocess.Popen[bytes]]()

    def plugged(ports: Iterable[str]) -> None:
        end(running)
        plug_in(ports)
        argv = ("ip", "netns", "exec", SWITCH, sys.executable, "-I", str(FAR_END), *words)
        running.append(subprocess.Popen(argv))
        prepare()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "plug_in_taps", plugged)
        try:
            yield
        finally:
            end(running)


def end(running: list[subprocess.Popen[bytes]]) -> None:
    while running:
        process_ = running.pop()
        process_.kill()
        process_.wait()


def apart() -> None:
    """Two ports of one aggregate do not hear each other."""
    for port in PORTS:
        in_switch("ip", "link", "set", port, "type", "bridge_slave", "isolated", "on")


def tagged() -> None:
    """The port itself is in no bridge; the tap with its frames untagged is."""
    in_switch("ip", "link", "set", PORTS[0], "nomaster")
    there = ("ip", "netns", "exec", SWITCH, "ip", "link", "show", TRUNK)
    shell.wait_for("the far end", lambda: shell.quiet(*there), PATIENCE_S)
    in_switch("ip", "link", "set", TRUNK, "master", "lan", "up")


@pytest.fixture(params=("bookworm", "trixie", "bullseye"))
def host(
    request: pytest.FixtureRequest, lab: labs.Lab, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    emulated.be_patient(monkeypatch)
    labs.up(1, str(request.param), "static", lambda _text: None, hardware=Hardware(machine="qemu"))
    labs.renew(HOST)
    yield HOST
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


def configure(host: str, text: str) -> None:
    console(host, f"cat >{INTERFACES}; sync", text.encode())
    reboot(host)


@contextmanager
def after_the_cutover(disturb: Callable[[], None]) -> Iterator[None]:
    """The disturbance comes when the address has moved, and before anything is confirmed."""

    def made(step: Step, on: Host) -> None:
        perform(step, on)
        if isinstance(step, GatedNetlink):
            disturb()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phases, "perform", made)
        yield


def play(
    host: str,
    port: str,
    record_property: Record,
    disturb: Callable[[], None] = lambda: None,
    frames_of_idle: Callable[[], int] = lambda: 0,
) -> dict[str, Outage]:
    """Change, boot, restarts, undo: what was lost at each; in the change with the disturbance."""
    asked = params(host).model_copy(
        update={"interface": port, "bridge_mac": "nic", "deadline_s": emulated.DEADLINE_S}
    )
    outages = dict[str, Outage]()
    with after_the_cutover(disturb), probed("change", outages):
        start, session = change(asked)
    assert as_promised(session, start) == FINE
    reboot(host)
    assert as_promised(session, start) == FINE
    for name, deed in (("networking", networking), ("libvirtd", libvirtd)):
        with probed(name, outages):
            deed(host)
            assert as_promised(session, start) == FINE, name
    sent = frames_of_idle()
    with probed("undo", outages):
        assert undone(session, host, start) == FINE
    assert frames_of_idle() == sent
    record_property("outages", str(outages))
    return outages


@contextmanager
def probed(name: str, outages: dict[str, Outage]) -> Iterator[None]:
    probe = OutageProbe("172.16.1.1", rate=RATE, seconds=600)
    yield
    outages[name] = probe.stop()


def nothing_is_lost(outages: dict[str, Outage], *moments: str) -> None:
    lost = {name: outages[name].lost for name in moments}
    assert lost == dict.fromkeys(moments, 0), outages


def bonding(host: str) -> str:
    return console(host, "cat /proc/net/bonding/bond0").decode()


def active(host: str) -> str:
    return console(host, "cat /sys/class/net/bond0/bonding/active_slave").decode().strip()


def frames_of_idle(host: str) -> int:
    """How many frames the switch has had from the NIC that the bond does not use."""
    (port,) = (port for nic, port in zip((NIC, SECOND), PORTS, strict=True) if nic != active(host))
    count = f"/sys/class/net/{port}/statistics/rx_packets"
    return int(shell.run("ip", "netns", "exec", SWITCH, "cat", count))


def test_a_bond_moves_and_its_active_cable_can_be_cut(host: str, record_property: Record) -> None:
    configure(host, BOND.format("active-backup"))
    sent = frames_of_idle(host)

    def disturb() -> None:
        # Each frame has the host's MAC: the switch would send to that NIC until the host speaks.
        assert frames_of_idle(host) == sent
        first = active(host)
        process.set_link(host, [NIC, SECOND].index(first), up=False)
        shell.wait_for("the other port", lambda: active(host) not in ("", first), PATIENCE_S)
        process.set_link(host, [NIC, SECOND].index(first), up=True)

    idle = partial(frames_of_idle, host)
    outages = play(host, "bond0", record_property, disturb, idle)
    # The bond looks at its cables every 100 ms, and takes its time here.
    assert outages["change"].lost < RATE * 2, outages
    nothing_is_lost(outages, "undo")


def test_an_aggregate_with_a_partner_moves(host: str, record_property: Record) -> None:
    with far_end(apart, "lacp", *PORTS):
        console(host, DUPLEX)
        configure(host, BOND.format("802.3ad") + "    bond-lacp-rate 1\n")
        partner = "Partner Mac Address: 02:16:00:00:00:01"
        shell.wait_for("the partner", lambda: partner in bonding(host), PATIENCE_S)
        nothing_is_lost(play(host, "bond0", record_property), "change", "undo")


def test_a_vlan_interface_moves(host: str, record_property: Record) -> None:
    with far_end(tagged, "trunk", PORTS[0], TRUNK, str(VLAN)):
        configure(host, TAGGED)
        nothing_is_lost(play(host, f"{NIC}.{VLAN}", record_property), "change", "undo")
