"""A guest is a real one: it outlives what its host goes through, as an operator's guests must."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab import serial_line

from runbook.apply.confirm import Confirmed
from runbook.lab import guest, machine
from runbook.lab import lab as labs
from runbook.lab.guest import Guest
from runbook.params import Params, resolve
from runbook.run import pipeline

HOST, NAME = "server-01", "web"
GUEST = Guest(NAME, "default", *guest.place(HOST, "default"))
OPERATOR = "10.99.0.2"
RUNBOOK = str(Path(sys.executable).with_name("runbook"))


def params() -> Params:
    given = {
        "interface": "enp4s0f0",
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
        "consent": ["bpdu"],
        "forward": "open",
        "probes": ["172.16.0.1", OPERATOR],
    }
    return resolve(given, {"host": HOST})


def on_host(*argv: str) -> str:
    done = machine.run(HOST, argv)
    assert done.returncode == 0, (argv, done)
    return done.stdout.decode()


def in_guest(command: str) -> str:
    return serial_line.run(HOST, NAME, command)


def pid() -> str:
    return on_host("cat", f"/run/libvirt/qemu/{NAME}.pid")


@pytest.fixture(scope="module", autouse=True)
def host(lab: labs.Lab) -> Iterator[str]:
    """A host with one guest, for the whole file."""
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    labs.renew(HOST)
    argv = (RUNBOOK, "lab", "guest", "add", HOST, NAME, "--console", "shell")
    assert subprocess.run(argv, check=False).returncode == 0
    yield HOST
    labs.renew(HOST)


def test_it_answers_and_has_a_shell_at_its_console() -> None:
    guest.wait(HOST, GUEST)
    shown = in_guest("ip -4 address show eth0; hostname")
    assert "inet 192.168.122.50/24" in shown
    assert NAME in shown.split()
    assert "ended 0" in shown


def test_it_is_read_as_any_guest_is() -> None:
    seen = pipeline.read(pipeline.open_session(params()))
    (row,) = seen.guests.to_dict("records")
    assert (row["name"], row["state"], row["autostart"]) == (NAME, "running", True)
    (tap,) = seen.taps.to_dict("records")
    assert (tap["guest"], tap["source"], tap["model"]) == (NAME, "default", "virtio")
    assert tap["target"] in seen.links.query("master == 'virbr0'")["ifname"].to_list()


def test_a_restart_of_libvirt_does_not_touch_it() -> None:
    before = pid()
    on_host("systemctl", "restart", "libvirtd")
    assert on_host("virsh", "domstate", NAME).strip() == "running"
    assert pid() == before
    guest.wait(HOST, GUEST)


def test_the_change_leaves_it_running_and_connected_to_the_world() -> None:
    before = pid()
    assert "ended 0" in in_guest(f"ping -c 1 -W 2 {OPERATOR}")
    assert isinstance(pipeline.change(pipeline.open_session(params())), Confirmed)
    assert pid() == before
    guest.wait(HOST, GUEST)
    assert "ended 0" in in_guest(f"ping -c 1 -W 2 {OPERATOR}")


@pytest.mark.thorough
def test_it_shuts_down_with_its_host_and_is_there_again_with_it() -> None:
    machine.shut_down(HOST)
    machine.power_on(HOST)
    guest.wait(HOST, GUEST)
