"""A quick guest's serial console, and what is changed there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lab import serial_line

from runbook.lab import guest, guest_disk, machine
from runbook.lab import lab as labs
from runbook.lab.guest import Guest
from runbook.lab.names import GUEST_USER

HOST = "server-02"
RUNBOOK = str(Path(sys.executable).with_name("runbook"))
WEB = Guest("web", "default", *guest.place(HOST, "default"))
MUTE = Guest("mute", "default", *guest.place(HOST, "default", 2), console="none")
MOVED = "192.168.122.99/24"


@pytest.fixture(scope="module", autouse=True)
def _guests(lab: labs.Lab) -> Iterator[None]:
    """One whose console asks for a login, and one whose console nobody serves."""
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    for name, console in (("web", "login"), ("mute", "none")):
        argv = (RUNBOOK, "lab", "guest", "add", HOST, name, "--console", console)
        assert subprocess.run(argv, check=False).returncode == 0
    yield
    for name in guest.names(HOST):
        guest.remove(HOST, name)


def test_a_console_that_nobody_serves_stays_silent() -> None:
    answered, shown = serial_line.talk(HOST, "mute", ("\r\r", "login"), seconds=3)
    assert not answered
    assert "#" not in shown


def test_a_wrong_password_is_refused_and_the_prompt_comes_back() -> None:
    turns = (("\r", "login: "), (f"{GUEST_USER}\r", "Password: "), ("guess\r", "Login incorrect"))
    answered, shown = serial_line.talk(HOST, "web", *turns, ("", "web login: "))
    assert answered, shown


@pytest.mark.thorough
def test_an_address_edited_in_its_file_is_there_after_ifup_and_after_a_reset() -> None:
    answered, shown = serial_line.talk(HOST, "web", *serial_line.LOGIN)
    assert answered, shown
    edit = f"sed -i 's|address .*|address {MOVED}|' /etc/network/interfaces"
    shown = serial_line.run(HOST, "web", f"{edit}; sync; ifdown eth0; ifup eth0")
    assert "ended 0" in shown
    guest.wait(HOST, replace(WEB, address=type(WEB.address)(MOVED)))
    shown = serial_line.run(HOST, "web", "ip -4 address show eth0; ip route")
    assert f"inet {MOVED}" in shown
    assert str(WEB.address) not in shown
    assert f"default via {WEB.gateway}" in shown

    assert machine.run(HOST, ("virsh", "reset", "web")).returncode == 0
    answered, shown = serial_line.talk(HOST, "web", ("", "web login: "), seconds=60)
    assert answered, shown
    guest.wait(HOST, replace(WEB, address=type(WEB.address)(MOVED)))


def test_guests_are_listed_each_with_an_address_of_its_own() -> None:
    argv = (RUNBOOK, "lab", "guest", "list", HOST, "--json")
    told = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    seen = {each["name"]: (each["address"], each["state"]) for each in told["guests"]}
    assert seen == {
        "web": (str(WEB.address), "running"),
        "mute": (str(MUTE.address), "running"),
    }


def test_one_that_is_removed_takes_its_disk_along() -> None:
    disk = str(guest_disk.own("mute"))
    assert machine.run(HOST, ("test", "-e", disk)).returncode == 0
    subprocess.run((RUNBOOK, "lab", "guest", "remove", HOST, "mute"), check=True)
    assert guest.names(HOST) == ("web",)
    assert machine.run(HOST, ("test", "-e", disk)).returncode == 1
