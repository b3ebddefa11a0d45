"""A bond and a VLAN interface as the bridge's port, made by Debian's own kernel and ifupdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from tests.lab import emulated
from tests.lab.emulated_router import TAGGED_NIC, behind_a_router
from tests.lab.emulated_switch import AGGREGATE, FAR, FIRST, HOST, PORTS, TRUNK, VLAN, in_between
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
from runbook.lab import shell
from runbook.lab.hardware import Hardware
from runbook.lab.names import ROUTER_LAN6, SWITCH, address, address6, nic, nic_mac
from runbook.lab.probe import Outage, OutageProbe
from runbook.lab.qemu import process
from runbook.plan.changes.steps import GatedNetlink, Step
from runbook.transport.host import Host

# Emulated, and on a machine with other work: each boot takes minutes.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(3600)]
SECOND = nic(1)
ADDRESS = "    address 172.16.1.1/16\n    gateway 172.16.0.1\n"
BOND = (
    f"{LO}auto bond0\niface bond0 inet static\n{ADDRESS}"
    f"    bond-slaves {NIC} {SECOND}\n    bond-mode {{}}\n    bond-miimon 100\n"
)
RATE = 200
TAGGED = (
    f"{LO}auto {NIC}\niface {NIC} inet manual\n\n"
    f"auto {NIC}.{VLAN}\niface {NIC}.{VLAN} inet static\n{ADDRESS}"
)
ADDRESS4, ADDRESS6 = address(HOST), address6(HOST, "static")
TAGGED6 = (
    f"iface {NIC}.{VLAN} inet6 static\n    address {ADDRESS6}/64\n"
    f"    gateway {ROUTER_LAN6.split('/')[0]}\n"
)
PATIENCE_S = 120
Record = Callable[[str, object], None]


@pytest.fixture(params=("bookworm", "trixie", "bullseye"))
def release(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    emulated.be_patient(monkeypatch)
    return str(request.param)


@pytest.fixture
def host(lab: labs.Lab, release: str) -> Iterator[str]:
    with emulated_host(lab, release, Hardware(machine="qemu")):
        yield HOST


@pytest.fixture
def host_with_duplex(lab: labs.Lab, release: str) -> Iterator[str]:
    """Its NICs say that they are full duplex; the kernel speaks LACP on no others."""
    with emulated_host(lab, release, Hardware(machine="qemu", nic_model="e1000e")):
        yield HOST


@contextmanager
def emulated_host(lab: labs.Lab, release: str, hardware: Hardware) -> Iterator[None]:
    labs.up(1, release, "static", lambda _text: None, hardware=hardware)
    labs.renew(HOST)
    yield
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
    addresses: tuple[str, ...] = (ADDRESS4,),
) -> dict[str, Outage]:
    """Change, boot, restarts, undo: what was lost at each; in the change with the disturbance."""
    asked = params(host).model_copy(
        update={"interface": port, "bridge_mac": "nic", "deadline_s": emulated.DEADLINE_S}
    )
    outages = dict[str, Outage]()
    record_property("outages", outages)
    probed = partial(probing, outages, addresses)
    with after_the_cutover(disturb), probed("change"):
        start, session = change(asked)
    assert as_promised(session, start) == FINE
    reboot(host)
    assert as_promised(session, start) == FINE
    for name, deed in (("networking", networking), ("libvirtd", libvirtd)):
        with probed(name):
            deed(host)
            assert as_promised(session, start) == FINE, name
    sent = frames_of_idle()
    with probed("undo"):
        assert undone(session, host, start) == FINE
    assert frames_of_idle() == sent
    return outages


@contextmanager
def probing(outages: dict[str, Outage], addresses: tuple[str, ...], moment: str) -> Iterator[None]:
    probes = [OutageProbe(one, rate=RATE // len(addresses), seconds=600) for one in addresses]
    try:
        yield
    finally:
        for name, probe in zip(names(moment, addresses), probes, strict=True):
            outages[name] = probe.stop()


def names(moment: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(moment if one == ADDRESS4 else f"{moment}, {one}" for one in addresses)


def nothing_is_lost(
    outages: dict[str, Outage], *moments: str, addresses: tuple[str, ...] = (ADDRESS4,)
) -> None:
    wanted = [name for moment in moments for name in names(moment, addresses)]
    assert {name: outages[name].lost for name in wanted} == dict.fromkeys(wanted, 0), outages


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


def test_an_aggregate_with_a_partner_moves(host_with_duplex: str, record_property: Record) -> None:
    host = host_with_duplex
    with in_between(AGGREGATE):
        configure(host, BOND.format("802.3ad") + "    bond-lacp-rate 1\n")

        def aggregated() -> bool:
            """Both cables are in use and lead to each other, as the host and the switch say."""
            return all(
                "Number of ports: 2\n" in said and f"Partner Mac Address: {partner}\n" in said
                for said, partner in (
                    (bonding(host), nic_mac(FAR, 1)),
                    (bonding(FAR), nic_mac(host, 0)),
                )
            )

        shell.wait_for("the aggregate", aggregated, PATIENCE_S)
        nothing_is_lost(play(host, "bond0", record_property), "change", "undo")
        assert aggregated()


def test_a_vlan_interface_moves(host: str, record_property: Record) -> None:
    """The router is on the switch's untagged side: all that is said to it bears the tag first."""
    with in_between(TRUNK):
        configure(host, TAGGED)
        nothing_is_lost(play(host, f"{NIC}.{VLAN}", record_property), "change", "undo")
        told = console(FAR, "bridge fdb show br lan").decode()
        assert f"{nic_mac(host, 0)} dev {FIRST} vlan {VLAN} " in told, told


def test_a_tagged_lan_of_which_a_machine_is_the_router(host: str, record_property: Record) -> None:
    with behind_a_router():
        configure(host, TAGGED + TAGGED6)
        both = (ADDRESS4, ADDRESS6)
        outages = play(host, f"{NIC}.{VLAN}", record_property, addresses=both)
        nothing_is_lost(outages, "change", "undo", addresses=both)
        told = console(FAR, f"ip neighbour show dev {TAGGED_NIC}").decode()
        for own in both:
            assert f"{own} lladdr {nic_mac(host, 0)} " in told, told
