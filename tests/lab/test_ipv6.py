"""A host keeps the IPv6 that it had: on the bridge, without a gap, after a boot, and back again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests import bench, stages

from runbook.apply.confirm import Confirmed
from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.lab.names import NIC, address6
from runbook.lab.probe import Outage, OutageProbe
from runbook.params import Params, resolve
from runbook.plan.plan import PHASES, Plan
from runbook.plan.promise.ipv6 import global6
from runbook.run import pipeline
from runbook.state.addresses import AddressRow
from runbook.state.diff import compare
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot

HOST, BRIDGE = "server-01", "virbr1"
CONF = "/proc/sys/net/ipv6/conf"
Rows = list[dict[str, Any]]

A_LATE_ANSWER_MS = 10.0


def params() -> Params:
    given = {
        "interface": NIC,
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
        "consent": ["bpdu"],
        "probes": ["172.16.0.1", "10.99.0.2"],
    }
    return resolve(given, {"host": HOST})


def quiet(_text: str) -> None:
    """Progress is for people."""


def on_host(*argv: str) -> str:
    return machine.run(HOST, argv).stdout.decode()


def value(path: str) -> str:
    return on_host("cat", path).strip()


def up(release: str, ipv6: str) -> None:
    said: list[str] = []
    labs.up(1, release, "static", said.append, ipv6)
    if any("up already" in text for text in said):
        labs.renew(HOST)


@pytest.fixture(scope="module", autouse=True)
def afterwards(lab: labs.Lab) -> Iterator[None]:
    """The lab without IPv6 again, for the other tests."""
    yield
    labs.up(len(lab.hosts), lab.release, lab.addressing, quiet)


def spread(every: list[str], here: set[str]) -> list[Any]:
    """Those of `here` in the gate, the others in `make thorough`."""
    marks = {one: () if one in here else (pytest.mark.thorough,) for one in every}
    return [pytest.param(one, marks=mark) for one, mark in marks.items()]


HOW = ["static", "slaac"]
RELEASES = [f"{r}-{how}" for r in ("bookworm", "trixie", "bullseye") for how in HOW]
UPTO = [f"{how}-{phase}" for how in HOW for phase in PHASES]


@pytest.fixture(params=spread(RELEASES, set()))
def ipv6(request: pytest.FixtureRequest) -> str:
    """A host with IPv6, and where it has it from."""
    release, how = request.param.split("-")
    up(release, how)
    return str(how)


def of(seen: Snapshot, ifname: str) -> tuple[Rows, Rows]:
    """The IPv6 addresses and routes of an interface, without its name and what always moves."""
    addresses = [row._replace(flags=_flags(row))._asdict() for row in global6(seen, ifname)]
    through = ("inet6", "unicast", ifname)
    routes = [
        row._asdict()
        for row in seen.rows(RouteRow)
        if (row.family, row.type, row.ifname) == through and row.dst != "fe80::/64"
    ]
    moving = ("ifname", "valid_lft_s", "preferred_lft_s")
    return _without(moving, addresses), _without(("ifname", "expires_s"), routes)


def _flags(row: AddressRow) -> str:
    # How an address came to be on its interface: its host did not have to ask around.
    return " ".join(flag for flag in row.flags.split() if flag != "nodad")


def _without(columns: tuple[str, ...], rows: Rows) -> Rows:
    kept = [{k: str(v) for k, v in row.items() if k not in columns} for row in rows]
    return sorted(kept, key=str)


def is_all_on_the_bridge(before: Snapshot) -> None:
    seen = bench.snapshot()
    assert of(seen, BRIDGE) == of(before, NIC)
    assert of(seen, NIC) == ([], [])


def settled(before: Snapshot) -> None:
    """What a router has to tell first is there within seconds of a boot."""
    for _ in range(40):
        if of(bench.snapshot(), BRIDGE) == of(before, NIC):
            break
        time.sleep(0.25)
    is_all_on_the_bridge(before)


def is_outage(seen: Outage) -> bool:
    """More than one late answer of a busy machine."""
    return seen.lost > 0 and seen.longest_gap_ms >= A_LATE_ANSWER_MS


def changed(ipv6: str) -> Outage:
    probe = OutageProbe(address6(HOST, ipv6), rate=1000, seconds=90)
    time.sleep(0.3)
    assert isinstance(pipeline.change(pipeline.open_session(params())), Confirmed)
    time.sleep(0.3)
    return probe.stop()


def test_no_packet_is_lost_and_all_is_as_before_but_on_the_bridge(ipv6: str) -> None:
    before = bench.snapshot()
    assert of(before, NIC)[0]
    seen = changed(ipv6)
    assert not is_outage(seen), (ipv6, seen)
    assert seen.sent > 1000
    is_all_on_the_bridge(before)
    again = pipeline.change(pipeline.open_session(params()))
    assert isinstance(again, Plan)
    assert again.empty


@pytest.mark.parametrize("how", spread(HOW, set()))
def test_it_is_there_again_after_a_reboot_a_power_cut_and_restarts(how: str) -> None:
    up("bookworm", how)
    before = bench.snapshot()
    pipeline.change(pipeline.open_session(params()))
    machine.shut_down(HOST)
    machine.power_on(HOST)
    settled(before)
    machine.power_cut(HOST)
    machine.power_on(HOST)
    settled(before)
    on_host("virsh", "net-destroy", "routed")
    on_host("virsh", "net-start", "routed")
    settled(before)
    on_host("systemctl", "restart", "networking")
    # With STP on, a port that went down listens and learns for four seconds.
    time.sleep(5)
    settled(before)
    assert OutageProbe(address6(HOST, how), rate=100, seconds=1).result().lost == 0


RESTARTED = [f"{release}-static" for release in ("bookworm", "trixie", "bullseye")]


@pytest.mark.parametrize("ipv6", spread(RESTARTED, {"bookworm-static"}), indirect=True)
def test_a_restart_of_networking_is_no_outage_with_stp_on(ipv6: str) -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params())), Confirmed)
    assert value(f"/sys/class/net/{BRIDGE}/bridge/stp_state") == "1"
    before = bench.snapshot()
    probes = [OutageProbe(to, rate=500, seconds=60) for to in ("172.16.1.1", address6(HOST, ipv6))]
    time.sleep(0.3)
    done = machine.run(HOST, ["systemctl", "restart", "networking"])
    time.sleep(5)
    seen = [probe.stop() for probe in probes]
    assert done.returncode == 0, done.stderr
    assert [outage.lost for outage in seen] == [0, 0], seen
    assert str(compare(before, bench.snapshot())) == ""


def rolled_back(ipv6: str, upto: str) -> Outage:
    session = pipeline.open_session(params())
    with closing(session.host):
        before = pipeline.read(session)
        underway = pipeline.arm(
            session, pipeline.preflight(session, stages.draft(session, before), before)
        )
        for phase in PHASES[: PHASES.index(upto) + 1]:
            pipeline.apply(session, underway, phase)
        probe = OutageProbe(address6(HOST, ipv6), rate=1000, seconds=60)
        time.sleep(0.3)
        undone = pipeline.roll_back(session, underway, why="because")
        time.sleep(0.3)
        seen = probe.stop()
        assert undone.differences.empty
        assert str(compare(before, pipeline.read(session))) == ""
        return seen


@pytest.mark.parametrize("stopped", spread(UPTO, {"static-cutover"}))
def test_the_rollback_is_no_outage_and_restores_every_row(stopped: str) -> None:
    how, upto = stopped.split("-")
    up("bookworm", how)
    seen = rolled_back(how, upto)
    assert not is_outage(seen), (stopped, seen)


@pytest.mark.thorough
def test_a_host_without_ipv6_has_none_on_the_bridge_either() -> None:
    up("bookworm", "none")
    pipeline.change(pipeline.open_session(params()))
    seen = bench.snapshot()
    assert of(seen, BRIDGE) == of(seen, NIC) == ([], [])
    assert value(f"{CONF}/{BRIDGE}/disable_ipv6") == "1"


def has_a_way_out() -> bool:
    return "via" in on_host("ip", "-6", "route", "show", "default")


@pytest.mark.thorough
def test_trap_07_libvirt_and_forwarding_do_not_take_ipv6_away() -> None:
    up("bookworm", "slaac")
    # As the kernel has it by itself; ifupdown's own `auto` is 2.
    on_host("sysctl", "-w", f"net.ipv6.conf.{NIC}.accept_ra=1")
    on_host("virsh", "net-start", "default")
    assert value(f"{CONF}/virbr0/disable_ipv6") == "1"
    on_host("virsh", "net-destroy", "default")
    assert has_a_way_out()
    on_host("sysctl", "-w", "net.ipv6.conf.all.forwarding=1")
    assert not has_a_way_out()

    labs.renew(HOST)
    on_host("sysctl", "-w", f"net.ipv6.conf.{NIC}.accept_ra=1")
    before = bench.snapshot()
    seen = rolled_back("slaac", "settle")
    assert not is_outage(seen), seen
    assert value(f"{CONF}/{NIC}/accept_ra") == "1"
    seen = changed("slaac")
    assert not is_outage(seen), seen
    is_all_on_the_bridge(before)
    assert has_a_way_out()


def test_trap_08_forwarding_is_on_after_a_boot_without_libvirt() -> None:
    switches = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")
    booted = ("systemctl", "restart", "systemd-sysctl")

    def off_then_as_at_boot() -> list[str]:
        on_host("sysctl", "-w", *(f"{name}=0" for name in switches))
        on_host(*booted)
        return on_host("sysctl", "-n", *switches).split()

    up("bookworm", "none")
    on_host("virsh", "net-start", "default")
    assert value("/proc/sys/net/ipv4/ip_forward") == "1"
    on_host("virsh", "net-destroy", "default")
    assert off_then_as_at_boot() == ["0", "0"]
    pipeline.change(pipeline.open_session(params()))
    assert off_then_as_at_boot() == ["1", "1"]
