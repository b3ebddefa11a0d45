from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.preflight.looking import look, refusal, told

from runbook.plan.changes.network_hook import FIRST
from runbook.preflight import RefusedByPreflight
from runbook.state.host.environment import MANAGERS
from runbook.state.snapshot import Snapshot


@pytest.mark.parametrize(
    ("name", "package"),
    [("flock", "util-linux"), ("dnsmasq", "dnsmasq-base"), ("/sbin/dhclient", "isc-dhcp-client")],
)
def test_a_program_that_is_missing_is_named_with_its_package(name: str, package: str) -> None:
    found = refusal(around=replace(fakes.GOOD, missing=(name,)))
    assert f"{name} is missing" in found.seen
    assert f"apt-get install {package}" in found.then


def test_a_program_of_no_package_that_is_known_is_named_all_the_same() -> None:
    found = refusal(around=replace(fakes.GOOD, missing=("/opt/dhcp",)))
    assert "/opt/dhcp is missing" in found.seen
    assert "apt-file" in found.then


@pytest.mark.parametrize("manager", sorted({*MANAGERS} - {"systemd-networkd"}))
def test_another_network_manager(manager: str) -> None:
    found = refusal(around=replace(fakes.GOOD, managers=(manager,)))
    assert f"{manager} is active" in found.seen
    assert "iface enp4s0f0 inet" in found.then
    assert "--now" not in found.then.replace("no `--now`", "")


@pytest.mark.parametrize("state", ["", "connected", "disconnected", "connected (externally)"])
def test_a_networkmanager_that_has_the_nic_or_does_not_say(state: str) -> None:
    around = replace(fakes.GOOD, managers=("NetworkManager",), nm_state=state)
    assert refusal(around=around).about == "network manager"


def test_a_networkmanager_that_leaves_the_nic_alone_is_only_noted() -> None:
    around = replace(fakes.GOOD, managers=("NetworkManager",), nm_state="unmanaged")
    assert "not managed by it" in told(look(around=around), "note", "network manager").seen


def networkd(text: str) -> Snapshot:
    rows = [
        fakes.file("/etc/network/interfaces", fakes.INTERFACES),
        fakes.file("/etc/systemd/network/10-x.network", text),
    ]
    return fakes.seen(files=rows, units=fakes.units(**{"systemd-networkd": "enabled"}))


def test_a_networkd_that_has_something_else_is_only_noted() -> None:
    around = replace(fakes.GOOD, managers=("systemd-networkd",))
    host = networkd("[Match]\nName=wg0\n")
    assert "not managed by it" in told(look(host, around), "note", "network manager").seen


def test_a_networkd_that_has_the_nic_is_named_with_its_file() -> None:
    around = replace(fakes.GOOD, managers=("systemd-networkd",))
    with pytest.raises(RefusedByPreflight) as refused:
        look(networkd(f"[Match]\nName={fakes.NIC}\n"), around)
    (found, *_) = [f for f in refused.value.findings if f.about == "network manager"]
    assert "/etc/systemd/network/10-x.network" in found.then
    assert "do not stop systemd-networkd" in found.then


def test_a_host_of_netplan() -> None:
    found = refusal(around=replace(fakes.GOOD, netplan=("/etc/netplan/50-cloud-init.yaml",)))
    assert (found.about, "50-cloud-init.yaml" in found.seen) == ("netplan", True)


@pytest.mark.parametrize(("free", "cleared"), [((8 << 20) - 1, False), (8 << 20, True)])
def test_a_disk_without_room_for_the_undo(free: int, *, cleared: bool) -> None:
    around = replace(fakes.GOOD, free_bytes=free)
    if cleared:
        assert look(around=around)
    else:
        assert refusal(around=around).about == "disk"


def test_an_sshd_that_waits_for_the_address_on_the_nic() -> None:
    narrow = replace(fakes.GOOD, sshd_listens=("172.16.1.1:22",))
    assert refusal(around=narrow).about == "sshd"
    assert look(around=replace(fakes.GOOD, sshd_listens=("172.16.1.11:22",)))


def test_an_sshd_that_waits_for_the_ipv6_address_on_the_nic() -> None:
    host = fakes.seen(**fakes.static6())
    narrow = replace(fakes.GOOD, sshd_listens=(f"[{fakes.IP6}]:22", "127.0.0.1:22"))
    consent = ["bpdu", "nic-by-name"]
    assert fakes.IP6 in refusal(host, narrow, consent=consent).seen
    wide = replace(fakes.GOOD, sshd_listens=("[::]:22", "0.0.0.0:22"))
    assert look(host, wide, consent=consent)


def test_an_sshd_that_does_not_say_where_it_listens_is_not_taken_for_a_good_one() -> None:
    found = told(look(around=replace(fakes.GOOD, sshd_listens=())), "note", "sshd")
    assert "does not say" in found.seen


def libvirt(version: int, **tables: list[fakes.Row]) -> Snapshot:
    host = fakes.seen(**tables)
    return replace(host, identity=replace(host.identity, libvirt_version=version))


def test_an_old_libvirt_whose_one_hook_is_somebody_else_s() -> None:
    theirs = fakes.file(FIRST, "#!/bin/sh\n")
    host = libvirt(5_000_000, files=[*fakes.standard()["files"], theirs])
    assert "libvirt 5.0.0 knows one hook" in refusal(host).seen
    assert told(look(libvirt(5_000_000)), "ok", "libvirt")
    assert look(libvirt(6_005_000, files=[*fakes.standard()["files"], theirs]))
