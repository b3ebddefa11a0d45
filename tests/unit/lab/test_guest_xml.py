"""What libvirt is told of a guest, and what is read back from it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from xml.etree.ElementTree import Element, fromstring

import pytest

from runbook.lab import guest_xml
from runbook.lab.guest_disk import KINDS
from runbook.lab.guest_xml import Guest

WEB = Guest("web", "routed", IPv4Interface("172.16.2.7/16"), IPv4Address("172.16.0.1"))
MAC = "52:54:00:00:00:01"
STRANGER = "<domain><name>mine</name><os><type>hvm</type></os><devices/></domain>"


def domain(guest: Guest = WEB) -> Element:
    return fromstring(guest_xml.domain_xml(guest, MAC))  # noqa: S314 - it is our own


def told(guest: Guest) -> set[str]:
    return set(domain(guest).findtext("os/cmdline", "").split())


def test_a_guest_that_somebody_else_defined_has_no_kind_and_no_address() -> None:
    seen = guest_xml.defined(STRANGER, "shut off")
    assert (seen.name, seen.state) == ("mine", "shut off")
    assert (seen.kind, seen.address, seen.network, seen.mac) == ("", "", "", "")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_back_is_what_was_defined(kind: str) -> None:
    seen = guest_xml.defined(guest_xml.domain_xml(replace(WEB, kind=kind), MAC), "running")
    assert (seen.name, seen.kind, seen.network) == ("web", kind, "routed")
    assert (seen.address, seen.mac) == ("172.16.2.7/16", MAC)


def test_no_two_hosts_guests_share_a_mac() -> None:
    hosts = [f"server-{number:02d}" for number in range(1, 251)]
    assert len({guest_xml.mac_of(host, "web") for host in hosts}) == len(hosts)
    assert guest_xml.mac_of("server-01", "web") == guest_xml.mac_of("server-01", "web")


def test_its_kernel_is_told_its_name_address_and_gateway() -> None:
    assert {"guest=web", "address=172.16.2.7/16", "gateway=172.16.0.1"} <= told(WEB)


def test_its_console_is_as_asked_for() -> None:
    assert "getty=shell" in told(replace(WEB, console="shell"))
    masked = "systemd.mask=serial-getty@ttyS0.service"
    assert masked in told(replace(WEB, kind="debian", console="none"))
    assert masked not in told(replace(WEB, kind="debian"))


def test_it_is_emulated_and_attached_to_its_network() -> None:
    root = domain()
    assert root.get("type") == "qemu"
    (nic,) = root.findall("devices/interface")
    seen = {child.tag: child.attrib for child in nic}
    assert seen["source"] == {"network": "routed"}
    assert seen["mac"] == {"address": MAC}


def test_the_disk_that_all_share_is_below_its_own_and_keeps_its_owner() -> None:
    (disk,) = domain(replace(WEB, kind="debian")).findall("devices/disk")
    (own,) = disk.findall("source")
    assert own.get("file", "").endswith("/web.qcow2")
    (base,) = disk.findall("backingStore/source")
    assert base.get("file", "").endswith("/debian.ext4")
    assert [mark.attrib for mark in base] == [{"model": "dac", "relabel": "no"}]


def test_only_a_debian_guest_has_a_channel_for_an_agent() -> None:
    assert domain().find("devices/channel") is None
    channel = domain(replace(WEB, kind="debian")).find("devices/channel/target")
    assert channel is not None
    assert channel.attrib == {"type": "virtio", "name": "org.qemu.guest_agent.0"}


def test_a_manager_or_a_lease_is_had_from_a_disk_of_its_own_and_told_to_its_kernel() -> None:
    plain = replace(WEB, kind="debian")
    assert plain.base == "debian"
    assert "manager=" not in domain(plain).findtext("os/cmdline", "")
    assert "manager=netplan" in told(replace(plain, manager="netplan"))
    lent = replace(plain, dhcp=True)
    assert {"manager=ifupdown", "dhcp=yes"} <= told(lent)
    (base,) = domain(lent).findall("devices/disk/backingStore/source")
    assert base.get("file", "").endswith("/managers.ext4")
