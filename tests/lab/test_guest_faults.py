"""A guest that cannot be had: it is said why, and the host is left without it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from runbook.common.errors import LabError
from runbook.lab import guest, guest_disk, machine
from runbook.lab.guest import Guest
from runbook.lab.names import folder

HOST = "server-02"
RUNBOOK = str(Path(sys.executable).with_name("runbook"))
ADDRESS, GATEWAY = guest.place(HOST, "default")


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    for name in guest.names(HOST):
        guest.remove(HOST, name)


@pytest.mark.parametrize("name", ["", "a b", "-web", "web init=/bin/sh", "../web", "w" * 32])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(LabError, match="no name for a guest"):
        guest.add(HOST, Guest(name, "default", ADDRESS, GATEWAY))
    assert guest.names(HOST) == ()


@pytest.mark.parametrize(
    ("kind", "console", "said"),
    [
        ("windows", "login", "no kind 'windows'"),
        ("quick", "telnet", "cannot be 'telnet'"),
        ("debian", "shell", "cannot be 'shell'"),
    ],
)
def test_a_kind_or_a_console_that_there_is_not(kind: str, console: str, said: str) -> None:
    with pytest.raises(LabError, match=said) as caught:
        guest.add(HOST, Guest("web", "default", ADDRESS, GATEWAY, kind=kind, console=console))
    assert "name one of" in caught.value.then
    assert guest.names(HOST) == ()


def test_a_gateway_that_it_could_not_reach() -> None:
    with pytest.raises(LabError, match="does not reach"):
        guest.add(HOST, Guest("web", "default", ADDRESS, IPv4Address("172.16.0.1")))
    assert guest.names(HOST) == ()


def test_a_network_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(LabError, match="no network routed") as caught:
        guest.add(HOST, Guest("web", "routed", *guest.place(HOST, "routed")))
    assert "default" in caught.value.then
    assert caught.value.host == HOST
    assert guest.names(HOST) == ()


def test_an_address_that_somebody_else_has_would_pass_for_its_answer() -> None:
    taken = IPv4Interface(f"{GATEWAY}/24")
    with pytest.raises(LabError, match="answers already"):
        guest.add(HOST, Guest("web", "default", taken, GATEWAY))
    assert guest.names(HOST) == ()


def test_one_that_libvirt_will_not_start_is_not_left_behind() -> None:
    kernel = folder(HOST) / "root/usr/lib/runbook-lab/guest/vmlinuz"
    aside = kernel.rename(kernel.with_name("aside"))
    try:
        with pytest.raises(LabError, match="vmlinuz"):
            guest.add(HOST, Guest("web", "default", ADDRESS, GATEWAY))
    finally:
        aside.rename(kernel)
    assert guest.names(HOST) == ()
    assert machine.run(HOST, ("test", "-e", str(guest_disk.own("web")))).returncode == 1


def test_a_host_with_no_room_for_its_disk() -> None:
    folder_of = guest_disk.own("web").parent
    machine.run(HOST, ("mount", "-t", "tmpfs", "-o", "ro", "full", str(folder_of)))
    try:
        with pytest.raises(LabError, match="no disk for web"):
            guest.add(HOST, Guest("web", "default", ADDRESS, GATEWAY))
    finally:
        machine.run(HOST, ("umount", str(folder_of)))
    assert guest.names(HOST) == ()


def test_one_that_stays_silent_is_kept_to_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "ANSWER_S", {"quick": 0.1})
    with pytest.raises(LabError, match="does not answer") as caught:
        guest.add(HOST, Guest("web", "default", ADDRESS, GATEWAY))
    assert "virsh console web" in caught.value.then
    assert guest.names(HOST) == ("web",)
    with pytest.raises(LabError, match="a guest web already"):
        guest.add(HOST, Guest("web", "default", ADDRESS, GATEWAY))
    removed = subprocess.run([RUNBOOK, "lab", "guest", "remove", HOST, "web"], check=False)
    assert removed.returncode == 0
    assert guest.names(HOST) == ()
    assert machine.run(HOST, ("pgrep", "qemu-system")).returncode == 1


def test_removing_one_that_is_not_there() -> None:
    with pytest.raises(LabError, match="no guest web"):
        guest.remove(HOST, "web")
