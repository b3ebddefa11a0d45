"""What needs the network at a boot, on booted hosts: before the change and after it."""

from __future__ import annotations

import pytest
from tests.bench import thorough
from tests.lab.course import Service, play
from tests.lab.test_files import console, ready, refusal
from tests.lab.test_lasting import params

from runbook.apply.confirm import Confirmed
from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.lab.names import address
from runbook.plan.plan import PHASES
from runbook.run import pipeline

GATEWAY = "172.16.0.1"
WAITS = "Wants=network-online.target\nAfter=network-online.target\n"
INSTALL = "[Install]\nWantedBy=multi-user.target\n"
ONCE = "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
NEEDS = f"[Unit]\n{WAITS}{ONCE}ExecStart=ping -c1 -W1 {GATEWAY}\n"
BINDS = "[Service]\nExecStart=/usr/bin/python3 -m http.server --bind {} 8000\n"
# As an NFS mount of /etc/fstab, or nfs-common's rpc-statd-notify.service, is ordered.
PRE = "remote-fs-pre.target"
REMOTE = f"[Unit]\n{WAITS}Wants={PRE}\nBefore={PRE}\n{ONCE}ExecStart=true\n"


def install(host: str, **units: str) -> None:
    for name, text in units.items():
        path = f"/etc/systemd/system/{name}.service"
        console(host, f"cat >{path}; systemctl enable {name}", f"{text}{INSTALL}".encode())


def reboot(host: str) -> None:
    machine.shut_down(host)
    machine.power_on(host)


def state(host: str, unit: str) -> str:
    return console(host, f"systemctl is-active {unit}").decode().strip()


def change(host: str) -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params(host))), Confirmed)


@pytest.mark.parametrize("release", ["bookworm", thorough("bullseye"), thorough("trixie")])
def test_what_needs_the_network_or_binds_to_the_address_works_at_each_boot(release: str) -> None:
    host = "server-01"
    labs.up(2, release, "static", lambda _text: None)
    labs.renew(host)
    install(host, needs=NEEDS, binds=f"[Unit]\n{WAITS}{BINDS.format(address(host))}")
    reboot(host)
    change(host)
    for _ in range(2):
        reboot(host)
        assert (state(host, "needs"), state(host, "binds")) == ("active", "active")
        assert state(host, "wait-online-runbook-routed") == "active"
        assert b"cycle" not in console(host, "journalctl -b -q --no-pager | grep -i cycle")
    looked = "systemd-analyze verify multi-user.target 2>&1 | grep -i -e cycle -e runbook"
    assert console(host, looked) == b""


@pytest.mark.thorough
def test_it_works_through_boots_restarts_and_the_undo(fresh_host: str) -> None:
    install(fresh_host, needs=NEEDS, binds=f"[Unit]\n{WAITS}{BINDS.format(address(fresh_host))}")
    reboot(fresh_host)
    play(params(fresh_host), Service("systemctl is-active needs binds"))


@pytest.mark.thorough
def test_what_libvirtd_starts_after_is_named_and_holds_up_a_boot_only_for_the_bound(
    fresh_host: str,
) -> None:
    install(fresh_host, remote=REMOTE, needs=NEEDS)
    reboot(fresh_host)
    said = refusal(fresh_host)
    assert "remote.service start after network-online.target and before libvirtd" in said
    assert "needs.service find none either" in said
    session = pipeline.open_session(params(fresh_host, consent=["bpdu", "late-network"]))
    assert isinstance(pipeline.change(session), Confirmed)
    reboot(fresh_host)
    assert address(fresh_host).encode() in console(fresh_host, "ip -4 address show dev virbr1")
    assert state(fresh_host, "libvirtd") == "active"
    told = console(fresh_host, "journalctl -b -q --no-pager -u wait-online-runbook-routed")
    assert b"remote-fs.target waits for the network, and libvirtd for it" in told


@pytest.mark.thorough
def test_what_starts_before_the_target_is_named_and_works_once_it_waits(fresh_host: str) -> None:
    install(fresh_host, binds=f"[Unit]\nAfter=network.target\n{BINDS.format(address(fresh_host))}")
    reboot(fresh_host)
    said = refusal(fresh_host)
    assert f"python3 (tcp {address(fresh_host)}:8000) bind to" in said
    assert "systemctl edit binds.service" in said
    install(fresh_host, binds=f"[Unit]\n{WAITS}{BINDS.format(address(fresh_host))}")
    console(fresh_host, "systemctl daemon-reload")
    change(fresh_host)
    reboot(fresh_host)
    assert state(fresh_host, "binds") == "active"


def test_an_undo_at_a_boot_leaves_nothing_that_waits(fresh_host: str) -> None:
    install(fresh_host, needs=NEEDS)
    session = pipeline.open_session(params(fresh_host))
    underway = pipeline.arm(session, ready(session))
    for phase in PHASES:
        pipeline.apply(session, underway, phase)
    machine.power_cut(fresh_host)
    machine.power_on(fresh_host)
    assert state(fresh_host, "needs") == "active"
    assert state(fresh_host, "wait-online-runbook-routed") == "inactive"
    assert console(fresh_host, "ls -d /etc/systemd/system/*online*") == (
        b"/etc/systemd/system/network-online.target.wants\n"
    )
