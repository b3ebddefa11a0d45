"""What libvirt is told of a guest."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from xml.etree.ElementTree import Element, fromstring

from runbook.lab import guest
from runbook.lab.guest import Guest

WEB = Guest("web", "routed", IPv4Interface("172.16.2.7/16"), IPv4Address("172.16.0.1"))


def domain() -> Element:
    return fromstring(guest.domain_xml(WEB, "52:54:00:00:00:01"))  # noqa: S314 - it is our own


def test_no_two_hosts_guests_share_a_mac_or_a_routed_address() -> None:
    hosts = [f"server-{number:02d}" for number in range(1, 251)]
    assert len({guest.mac_of(host, "web") for host in hosts}) == len(hosts)
    assert len({guest.place(host, "routed")[0] for host in hosts}) == len(hosts)
    assert guest.mac_of("server-01", "web") == guest.mac_of("server-01", "web")


def test_its_kernel_is_told_its_name_address_and_gateway() -> None:
    told = domain().findtext("os/cmdline", "")
    assert {"guest=web", "address=172.16.2.7/16", "gateway=172.16.0.1"} <= set(told.split())


def test_it_is_emulated_and_attached_to_its_network() -> None:
    root = domain()
    assert root.get("type") == "qemu"
    (nic,) = root.findall("devices/interface")
    seen = {child.tag: child.attrib for child in nic}
    assert seen["source"] == {"network": "routed"}
    assert seen["mac"] == {"address": "52:54:00:00:00:01"}
