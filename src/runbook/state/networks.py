"""libvirt networks, as defined and as they are live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_interface
from typing import Annotated, NamedTuple
from xml.etree.ElementTree import Element, fromstring

from runbook.common.redact import redact_xml
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import NetworkXML, Reader


class NetworkRow(NamedTuple):
    """One libvirt network."""

    name: Annotated[str, "the network's name"]
    bridge: Annotated[str, "the bridge it makes or uses, or ''"]
    forward_mode: Annotated[str, "nat, route, open, bridge, ...; '' is isolated"]
    forward_dev: Annotated[str, "the interfaces it forwards through, blank between, or ''"]
    stp: Annotated[str, "on or off, or ''"]
    delay: Annotated[str, "forward delay as defined, seconds, or ''"]
    mac: Annotated[str, "the bridge's MAC as defined, or ''"]
    addresses: Annotated[str, "the host's addresses on it, with prefix, blank between"]
    dhcp: Annotated[
        str, "the ranges that it lends, and how many fixed leases, blank between, or ''"
    ]
    active: Annotated[bool, "it is started"]
    persistent: Annotated[bool, "it outlives a reboot"]
    autostart: Annotated[bool, "libvirt starts it at boot"]
    defined_xml: Annotated[str, "its definition"]
    live_xml: Annotated[str, "its XML as it runs, or ''"]


KEY = ("name",)
VOLATILE = ("live_xml",)


def parse(networks: Iterable[NetworkXML]) -> tuple[NetworkRow, ...]:
    """One row a network; raises ParseError on what is not XML."""
    return ordered([_row(network) for network in networks], KEY)


def _row(network: NetworkXML) -> NetworkRow:
    # The XML comes from the host's libvirt over the connection that may already change the host.
    root = fromstring(network.defined or network.live)  # noqa: S314
    bridge, forward, mac = root.find("bridge"), root.find("forward"), root.find("mac")
    return NetworkRow(
        network.name,
        _get(bridge, "name"),
        _get(forward, "mode") or ("nat" if forward is not None else ""),
        _devices(forward),
        _get(bridge, "stp"),
        _get(bridge, "delay"),
        _get(mac, "address"),
        " ".join(_address(ip) for ip in root.findall("ip")),
        " ".join(_lent(root)),
        network.active,
        network.persistent,
        network.autostart,
        redact_xml(network.defined),
        redact_xml(network.live),
    )


def _get(element: Element | None, attribute: str) -> str:
    return "" if element is None else element.get(attribute, "")


def _devices(forward: Element | None) -> str:
    if forward is None:
        return ""
    named = [forward.get("dev", ""), *(i.get("dev", "") for i in forward.findall("interface"))]
    return " ".join(dict.fromkeys(name for name in named if name))


def _address(ip: Element) -> str:
    length = ip.get("prefix") or ip.get("netmask") or ("64" if ip.get("family") == "ipv6" else "")
    address = ip.get("address", "")
    return str(ip_interface(f"{address}/{length}" if length else address))


def _lent(root: Element) -> Iterator[str]:
    for dhcp in root.findall("ip/dhcp"):
        for span in dhcp.findall("range"):
            yield f"{span.get('start', '')}-{span.get('end', '')}"
        fixed = len(dhcp.findall("host"))
        if fixed or not dhcp.findall("range"):
            yield f"{fixed}_fixed"


@understood
def read(host: Reader) -> tuple[NetworkRow, ...]:
    """Ask libvirt."""
    return parse(host.networks())


TABLE = Table("networks", NetworkRow, KEY, read, VOLATILE)
