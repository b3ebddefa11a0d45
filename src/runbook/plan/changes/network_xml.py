"""The libvirt network's XML, through a builder: never a string with holes in it.

Format: https://libvirt.org/formatnetwork.html
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface
from xml.etree.ElementTree import Element, SubElement, indent, tostring

NAT_PORTS = ("1024", "65535")
# What a bridge has by itself, so that the XML needs no word on it.
ETHERNET_MTU = 1500


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """All that the XML says; `forward` is libvirt's mode, 'nat' or 'open'."""

    name: str
    uuid: str
    nic: str
    bridge: str
    mac: str
    stp: bool
    dns: bool
    forward: str
    address: IPv4Interface
    mtu: int = ETHERNET_MTU


def network_xml(shape: NetworkShape) -> str:
    """The document, indented as virsh would print it."""
    root = Element("network")
    SubElement(root, "name").text = shape.name
    SubElement(root, "uuid").text = shape.uuid
    _forward(root, shape)
    stp = "on" if shape.stp else "off"
    SubElement(root, "bridge", name=shape.bridge, stp=stp, delay="0")
    SubElement(root, "mac", address=shape.mac)
    if shape.mtu != ETHERNET_MTU:
        SubElement(root, "mtu", size=str(shape.mtu))
    if not shape.dns:
        SubElement(root, "dns", enable="no")
    netmask = str(shape.address.netmask)
    SubElement(root, "ip", address=str(shape.address.ip), netmask=netmask)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _forward(root: Element, shape: NetworkShape) -> None:
    if shape.forward == "open":
        # libvirt makes no firewall rules here, so it takes no interface to make them for.
        SubElement(root, "forward", mode="open")
        return
    forward = SubElement(root, "forward", dev=shape.nic, mode=shape.forward)
    start, end = NAT_PORTS
    SubElement(SubElement(forward, "nat"), "port", start=start, end=end)
    SubElement(forward, "interface", dev=shape.nic)
