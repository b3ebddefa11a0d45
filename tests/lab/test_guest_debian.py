"""A Debian guest: its agent, its console, its ifupdown."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from tests.lab import by_agent, serial_line

from runbook.lab import guest, machine
from runbook.lab import lab as labs
from runbook.lab.guest import Guest

HOST, NAME = "server-02", "vm-01"
RUNBOOK = str(Path(sys.executable).with_name("runbook"))
DEBIAN = Guest(NAME, "default", *guest.place(HOST, "default"), kind="debian")
MOVED = IPv4Interface("192.168.122.99/24")


@pytest.fixture(scope="module", autouse=True)
def _guest(lab: labs.Lab) -> Iterator[None]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    argv = (RUNBOOK, "lab", "guest", "add", HOST, NAME, "--kind", "debian")
    assert subprocess.run(argv, check=False).returncode == 0
    yield
    guest.remove(HOST, NAME)


def run(*argv: str) -> str:
    """What a command shows that the agent runs."""
    return by_agent.run(HOST, NAME, *argv)


def test_it_is_a_whole_debian_with_nothing_failed() -> None:
    shown = run("/bin/sh", "-c", "systemctl is-system-running --wait; systemctl --failed --plain")
    assert shown.splitlines()[0] == "running", shown
    assert "VERSION_CODENAME=bookworm" in run("/bin/cat", "/etc/os-release")
    assert run("/bin/hostname").strip() == NAME


def test_with_the_right_password_alone_its_address_is_edited_and_there_after_ifup() -> None:
    refused = (("\r", f"{NAME} login: "), ("root\r", "Password: "), ("guess\r", "Login incorrect"))
    turns = (*refused, ("", f"{NAME} login: "), *serial_line.LOGIN[1:])
    answered, shown = serial_line.talk(HOST, NAME, *turns)
    assert answered, shown
    edit = f"sed -i 's|address .*|address {MOVED}|' /etc/network/interfaces"
    assert "ended 0" in serial_line.run(HOST, NAME, f"{edit} && ifdown eth0; ifup eth0")
    guest.wait(HOST, replace(DEBIAN, address=MOVED))
    (there,) = [
        each
        for each in by_agent.ask(HOST, NAME, "guest-network-get-interfaces")
        if each["name"] == "eth0"
    ]
    seen = {each["ip-address"] for each in there["ip-addresses"]}
    assert str(MOVED.ip) in seen
    assert str(DEBIAN.address.ip) not in seen


@pytest.mark.thorough
def test_it_heeds_the_power_button() -> None:
    assert machine.run(HOST, ("virsh", "shutdown", "--mode", "acpi", NAME)).returncode == 0
    end = time.monotonic() + 60
    while machine.run(HOST, ("virsh", "domstate", NAME)).stdout.strip() != b"shut off":
        assert time.monotonic() < end, "it still runs"
        time.sleep(0.2)
