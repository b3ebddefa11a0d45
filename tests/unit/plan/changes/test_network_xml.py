from __future__ import annotations

from ipaddress import IPv4Interface
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.plan.changes.network_xml import NetworkShape, network_xml
from runbook.state import networks
from runbook.transport.host import NetworkXML

# What XML 1.0 can hold at all, markup first.
characters = st.one_of(
    st.sampled_from("<>&'\"]"), st.characters(categories=["L", "N", "P", "S", "Zs"])
)
names = st.text(characters, min_size=1, max_size=12)
addresses = st.builds(
    lambda number, length: IPv4Interface((number, length)),
    st.integers(1, 2**32 - 2),
    st.integers(1, 31),
)
TAGS = {
    "network",
    "name",
    "uuid",
    "forward",
    "nat",
    "port",
    "interface",
    "bridge",
    "mac",
    "dns",
    "ip",
    "mtu",
}
UUID = "0e4f2a4c-1a55-5c6e-8d7a-2f6a3b1c9d00"
shapes = st.builds(
    NetworkShape,
    names,
    st.just(UUID),
    names,
    names,
    st.just("52:54:00:ab:cd:ef"),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["nat", "open"]),
    addresses,
    st.integers(68, 65535),
)


def found(root: Element, path: str) -> dict[str, str]:
    """The attributes of the one element there."""
    (element,) = root.findall(path)
    return element.attrib


@given(shapes)
def test_whatever_the_names_libvirt_reads_them_as_they_are(shape: NetworkShape) -> None:
    root = fromstring(network_xml(shape))  # noqa: S314 - made here
    assert root.findtext("name") == shape.name
    assert found(root, "bridge")["name"] == shape.bridge
    assert {element.tag for element in root.iter()} <= TAGS


@given(shapes)
def test_the_host_s_own_address_is_on_the_bridge_and_no_dhcp(shape: NetworkShape) -> None:
    root = fromstring(network_xml(shape))  # noqa: S314 - made here
    ip = found(root, "ip")
    assert IPv4Interface(f"{ip['address']}/{ip['netmask']}") == shape.address
    assert found(root, "mac") == {"address": shape.mac}
    assert root.findtext("uuid") == UUID
    assert list(root.iter("dhcp")) == []


@given(shapes)
def test_the_bridge_has_stp_as_asked_and_no_delay(shape: NetworkShape) -> None:
    root = fromstring(network_xml(shape))  # noqa: S314 - made here
    bridge = found(root, "bridge")
    assert (bridge["stp"], bridge["delay"]) == ("on" if shape.stp else "off", "0")


@given(shapes)
def test_frames_of_another_size_than_ethernet_s_are_said(shape: NetworkShape) -> None:
    sizes = [e.get("size") for e in fromstring(network_xml(shape)).findall("mtu")]  # noqa: S314
    assert sizes == ([] if shape.mtu == 1500 else [str(shape.mtu)])


@pytest.mark.parametrize("dns", [True, False])
def test_dns_is_answered_on_the_lan_only_if_asked_for(*, dns: bool) -> None:
    enable = [e.get("enable") for e in fromstring(xml(dns=dns)).findall("dns")]  # noqa: S314
    assert enable == ([] if dns else ["no"])


def xml(**other: object) -> str:
    base = {"name": "routed", "uuid": UUID, "nic": "enp4s0f0", "bridge": "virbr1"}
    address = IPv4Interface("172.16.1.1/16")
    rest = {"mac": "52:54:00:ab:cd:ef", "stp": True, "dns": False, "forward": "nat"}
    return network_xml(NetworkShape(**{**base, **rest, "address": address, **other}))  # type: ignore[arg-type]


def test_nat_goes_through_the_nic_and_open_takes_none() -> None:
    nat, opened = (fromstring(xml(forward=mode)) for mode in ("nat", "open"))  # noqa: S314
    assert found(nat, "forward") == {"dev": "enp4s0f0", "mode": "nat"}
    assert found(nat, "forward/interface") == {"dev": "enp4s0f0"}
    assert found(nat, "forward/nat/port") == {"start": "1024", "end": "65535"}
    assert found(opened, "forward") == {"mode": "open"}
    assert list(opened.iter("interface")) == []


def test_the_reader_of_networks_reads_it_back() -> None:
    made = NetworkXML("routed", xml(), "", active=True, persistent=True, autostart=True)
    (row,) = networks.parse([made])
    assert (row.bridge, row.forward_dev) == ("virbr1", "enp4s0f0")
    assert (row.addresses, row.stp) == ("172.16.1.1/16", "on")
