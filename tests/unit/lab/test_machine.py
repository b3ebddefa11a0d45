"""How a host's process is told from all the others on this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path

import pytest

from runbook.lab import cgroups, machine, names, nspawn, shell, wiring

MACHINE = "--machine=rb-server-01"


def leader_among(monkeypatch: pytest.MonkeyPatch, running: Mapping[int, tuple[str, ...]]) -> int:
    monkeypatch.setattr(shell, "command_lines", lambda: dict(running))
    monkeypatch.setattr(shell, "alive", lambda _pid: True)
    return machine.leader("server-01")


@pytest.mark.parametrize(
    "line",
    [
        ("",),
        ("systemd-nspawn", "--machine=rb-server-012"),
        ("sh", "-c", "script", "sh", "/sys/fs/cgroup", "--", "systemd-nspawn", MACHINE),
        ("systemd-run", "systemd-nspawn", MACHINE),
    ],
)
def test_another_process_is_not_the_host(
    monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]
) -> None:
    assert leader_among(monkeypatch, {7: line}) == 0


@pytest.mark.parametrize("program", ["systemd-nspawn", "/usr/bin/systemd-nspawn"])
def test_the_host_is_found_whoever_started_it(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    assert leader_among(monkeypatch, {1: ("init",), 7: (program, "--quiet", MACHINE)}) == 7


def test_a_host_is_off_only_once_systemd_has_forgotten_its_unit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    states = ["loaded\n", "loaded\n", "not-found\n"]
    asked: list[tuple[str, ...]] = []

    def systemctl(*argv: str) -> str:
        asked.append(argv)
        return states.pop(0)

    unplugged: list[int] = []
    monkeypatch.setattr(nspawn, "SYSTEMD", tmp_path)
    monkeypatch.setattr(shell, "run", systemctl)
    monkeypatch.setattr(shell, "command_lines", dict)
    monkeypatch.setattr(wiring, "unplug", lambda _host: unplugged.append(len(states)))
    monkeypatch.setattr(cgroups, "remove", lambda _host: None)
    machine.power_cut("server-01")
    assert {argv[-1] for argv in asked} == {"runbook-lab-server-01.service"}
    assert unplugged == [0]


@pytest.mark.parametrize(
    ("ipv6", "line"),
    [
        ("none", ""),
        ("static", "    address fd16::1:b/64"),
        ("slaac", "iface enp4s0f0 inet6 auto"),
    ],
)
def test_a_host_has_the_ipv6_that_was_asked_for(ipv6: str, line: str) -> None:
    text = machine.stanzas("server-11", "static", ipv6)
    assert "iface enp4s0f0 inet static" in text
    assert "    address 172.16.1.11/16" in text.splitlines()
    assert line in text.splitlines()
    assert ("inet6" in text) == (ipv6 != "none")


def test_a_host_s_slaac_address_is_made_of_its_mac() -> None:
    mac = bytes.fromhex(names.mac("server-11").replace(":", ""))
    # Modified EUI-64: ff:fe in the middle, the second bit of the first byte turned.
    eui64 = bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
    told = ipaddress.IPv6Address(names.address6("server-11", "slaac"))
    assert told.packed[8:] == eui64
    assert names.address6("server-11", "none") == ""
