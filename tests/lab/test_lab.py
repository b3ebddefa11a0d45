"""The lab's hosts are whole Debian systems, and behave like hardware."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runbook.lab import lab as labs
from runbook.lab import machine, rootfs, shell, wiring
from runbook.lab.probe import OutageProbe

RUNBOOK = str(Path(sys.executable).with_name("runbook"))
Console = Callable[..., str]


def verb(*argv: str) -> str:
    """A verb of the lab through the command line; what it printed."""
    command = [RUNBOOK, "lab", *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def probed(address: str) -> dict[str, float]:
    told: dict[str, float] = json.loads(
        verb("probe", address, "--rate", "100", "--seconds", "0.5", "--json")
    )
    return told


def ssh(host: str, *argv: str) -> str:
    command = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", host, *argv]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_host_has_no_failed_unit_and_a_libvirt_that_answers(console: Console) -> None:
    assert console("systemctl", "is-system-running").strip() == "running"
    assert "default" in console("virsh", "net-list", "--all")


def test_plain_ssh_reaches_a_host_and_its_key_is_checked(fresh_host: str) -> None:
    assert ssh(fresh_host, "hostname").strip() == fresh_host
    options = subprocess.run(
        ["ssh", "-G", fresh_host], capture_output=True, text=True, check=True
    ).stdout
    assert "stricthostkeychecking true" in options


def test_a_power_cut_stops_the_host_at_once_and_keeps_its_disk(fresh_host: str) -> None:
    ssh(fresh_host, "echo", "kept", ">", "/root/note", "&&", "sync")
    boot = ssh(
        fresh_host, "cat", "/proc/sys/kernel/random/boot_id", "/sys/class/net/enp4s0f0/address"
    )
    began = time.monotonic()
    machine.power_cut(fresh_host)
    # A shutdown in order takes longer, even on a machine at rest.
    assert time.monotonic() - began < 10
    assert machine.leader(fresh_host) == 0
    machine.power_on(fresh_host)
    assert ssh(fresh_host, "cat", "/root/note").strip() == "kept"
    again = ssh(
        fresh_host, "cat", "/proc/sys/kernel/random/boot_id", "/sys/class/net/enp4s0f0/address"
    )
    assert again.split()[1] == boot.split()[1]


def test_a_cut_cable_takes_the_carrier_away_and_loses_every_probe(
    fresh_host: str, console: Console
) -> None:
    wiring.set_cable(fresh_host, "down")
    try:
        assert console("cat", "/sys/class/net/enp4s0f0/carrier").strip() == "0"
        lost = OutageProbe("172.16.1.1", rate=100, seconds=1).result()
        assert lost.sent == lost.lost == 100
        assert lost.longest_gap_ms > 900
    finally:
        wiring.set_cable(fresh_host, "up")
    # The kernel takes note of a carrier once a second, and asks by ARP as often.
    time.sleep(3)
    assert OutageProbe("172.16.1.1", rate=100, seconds=1).result().lost == 0


def test_each_host_has_control_groups_of_its_own(lab: labs.Lab) -> None:
    groups = [
        Path(f"/proc/{machine.init(host)}/cgroup").read_text().splitlines()[-1]
        for host in lab.hosts
    ]
    assert len(set(groups)) == len(lab.hosts) > 1


def test_a_probe_counts_only_what_the_network_lost(fresh_host: str) -> None:
    probe = OutageProbe("172.16.1.1", rate=1000, seconds=30)
    time.sleep(1)
    wiring.set_cable(fresh_host, "down")
    time.sleep(0.5)
    wiring.set_cable(fresh_host, "up")
    time.sleep(1)
    seen = probe.stop()
    assert 400 < seen.longest_gap_ms < 2000
    assert seen.lost >= 400


def test_status_reports_as_json(fresh_host: str) -> None:
    told = json.loads(verb("status", "--json"))
    assert {"host": fresh_host, "address": "172.16.1.1", "power": "on"} in told["hosts"]


def test_a_cable_is_cut_and_mended_and_probed_from_the_command_line(fresh_host: str) -> None:
    verb("cut", fresh_host)
    try:
        cut = probed("172.16.1.1")
        assert cut["sent"] == cut["lost"] == 50
        assert cut["longest_gap_ms"] > 400
    finally:
        verb("mend", fresh_host)
    shell.wait_for("an answer", lambda: probed("172.16.1.1")["lost"] == 0, 20)
    there = probed("172.16.0.1")
    assert (there["sent"], there["lost"], there["longest_gap_ms"]) == (50, 0, 0)
    assert there["longest_rtt_ms"] > 0


def test_a_host_is_rebooted_and_its_power_cut_and_given_from_the_command_line(
    fresh_host: str,
) -> None:
    leader = machine.leader(fresh_host)
    verb("reboot", fresh_host)
    assert machine.leader(fresh_host) not in (leader, 0)
    verb("power-cut", fresh_host)
    assert json.loads(verb("status", "--json"))["hosts"][0]["power"] == "off"
    verb("power-on", fresh_host)
    assert verb("exec", fresh_host, "--", "hostname").strip() == fresh_host


def test_the_file_system_that_hosts_stand_on_is_known(lab: labs.Lab) -> None:
    assert lab.root in rootfs.in_use()


@pytest.mark.parametrize(
    "release", [pytest.param("bullseye", marks=pytest.mark.thorough), "trixie"]
)
def test_other_releases_take_their_address_from_the_router_by_dhcp(
    release: str, lab: labs.Lab
) -> None:
    try:
        labs.up(1, release, "dhcp", lambda _text: None)
        shown = machine.run("server-01", ["ip", "-4", "address", "show", "enp4s0f0"]).stdout
        assert b"172.16.1.1/16" in shown
        assert b"dynamic" in shown
    finally:
        labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
