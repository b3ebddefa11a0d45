"""What lasts beside what others have put there: hooks, routes, frame sizes, the router's word."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests import stages
from tests.lab.course import Service, play

from runbook.apply.confirm import Confirmed
from runbook.lab import machine, shell
from runbook.lab.names import ROUTER, address, host_name, mac
from runbook.params import Params, resolve
from runbook.plan.plan import PHASES
from runbook.plan.routed import facts
from runbook.preflight import ready
from runbook.run import pipeline
from runbook.state.diff import compare

NIC, BRIDGE, GATEWAY = "enp4s0f0", "virbr1", "172.16.0.1"
THEIRS = '#!/bin/sh\necho "$1 $2" >>/var/log/theirs\n'
HOOK = "/etc/libvirt/hooks/network"


def params(host: str, **other: object) -> Params:
    given = {
        "interface": NIC,
        "address": f"{address(host)}/16",
        "gateway": GATEWAY,
        "consent": ["bpdu"],
    }
    return resolve({**given, **other}, {"host": host})


def console(host: str, script: str) -> str:
    done = machine.run(host, ["sh", "-c", script])
    return (done.stdout + done.stderr).decode()


def test_every_route_comes_back_beside_somebody_else_s_hook(fresh_host: str) -> None:
    machine.run(fresh_host, ["sh", "-c", f"cat >{HOOK}; chmod 755 {HOOK}"], THEIRS.encode())
    console(fresh_host, f"ip route add 10.20.0.0/16 via {GATEWAY} dev {NIC} metric 50")
    assert isinstance(pipeline.change(pipeline.open_session(params(fresh_host))), Confirmed)

    carried = f"10.20.0.0/16 via {GATEWAY} dev {BRIDGE} metric 50"
    assert carried in console(fresh_host, "ip route")
    console(fresh_host, "virsh net-destroy routed; virsh net-start routed")
    assert carried in console(fresh_host, "ip route")
    assert "routed started" in console(fresh_host, "cat /var/log/theirs")
    assert console(fresh_host, f"cat {HOOK}") == THEIRS

    machine.shut_down(fresh_host)
    machine.power_on(fresh_host)
    assert carried in console(fresh_host, "ip route")
    assert console(fresh_host, "journalctl -q -t runbook-hook").strip() == ""


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_a_libvirt_that_knows_one_hook_for_all_networks_brings_the_host_back_by_it(
    fresh_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Debian 10 has libvirt 5.0; this one is taken for as old, and runs both hooks.
    for module in (facts, ready):
        monkeypatch.setattr(module, "SINCE_LIBVIRT", 99_000_000)
    none_in_the_folder = Service("find /etc/libvirt/hooks -mindepth 2 | wc -l")
    play(params(fresh_host), none_in_the_folder)


def test_a_hook_that_finds_no_nic_says_so_and_lets_the_network_start(fresh_host: str) -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params(fresh_host))), Confirmed)
    gone = f"ip link set {NIC} down; ip link set {NIC} name gone0"
    said = console(fresh_host, f"virsh net-destroy routed; {gone}; virsh net-start routed")
    assert "Network routed started" in said
    assert "failed: ip link set" in console(fresh_host, "journalctl -q -t runbook-hook")


def test_the_bridge_takes_the_nic_s_mac_and_frame_size_and_gives_them_back(
    fresh_host: str,
) -> None:
    console(fresh_host, f"ip link set {NIC} mtu 1400")
    session = pipeline.open_session(params(fresh_host, bridge_mac="nic"))
    before = pipeline.read(session)
    drawn = stages.draft(session, before)
    underway = pipeline.arm(session, pipeline.preflight(session, drawn, before))
    for phase in PHASES:
        applied = pipeline.apply(session, underway, phase)
    pipeline.verify(session, underway, applied)
    assert console(fresh_host, f"cat /sys/class/net/{BRIDGE}/mtu").strip() == "1400"
    assert console(fresh_host, f"cat /sys/class/net/{BRIDGE}/address").strip() == mac(fresh_host)
    held = shell.run("ip", "netns", "exec", ROUTER, "ip", "neigh", "show", address(fresh_host))
    assert mac(fresh_host) in held

    pipeline.roll_back(session, underway, why="because")
    with closing(session.connect()):
        assert str(compare(before, pipeline.read(session))) == ""


def test_whoever_is_named_as_the_router_is_asked_for_its_own_entry(fresh_host: str) -> None:
    # Any machine of the LAN has such a table; the lab's router lets nobody in by SSH.
    router = host_name(2)
    console(router, f"ping -c 1 -W 2 {address(fresh_host)}")
    confirmed = pipeline.change(pipeline.open_session(params(fresh_host, router=router)))
    assert isinstance(confirmed, Confirmed)
    (check,) = (c for c in confirmed.verified.verdict.checks if c.about.startswith(router))
    bridge = console(fresh_host, f"cat /sys/class/net/{BRIDGE}/address").strip()
    assert (check.promised, check.seen, check.kept, check.required) == (bridge, bridge, True, True)
