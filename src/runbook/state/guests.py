"""libvirt's guests, and the interfaces by which each is attached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple
from xml.etree.ElementTree import Element, fromstring, tostring

from runbook.common.redact import redact_xml
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import GuestXML, Reader


class GuestRow(NamedTuple):
    """One guest."""

    name: Annotated[str, "the guest's name"]
    uuid: Annotated[str, "libvirt's identity for it"]
    state: Annotated[str, "virsh's word: running, shut off, paused, ..."]
    autostart: Annotated[bool, "libvirt starts it at boot"]
    saved: Annotated[
        bool, "its memory is saved on the disk, and its next start continues from there"
    ]


KEY = ("name",)


class TapRow(NamedTuple):
    """One interface of a guest."""

    guest: Annotated[str, "the guest's name"]
    mac: Annotated[str, "the MAC of its interface"]
    type: Annotated[str, "network, bridge, direct (macvtap), ..."]
    source: Annotated[str, "the network, bridge or interface it is attached to"]
    target: Annotated[str, "the tap device on the host while it runs, or ''"]
    model: Annotated[str, "the emulated card"]
    filter: Annotated[str, "the nwfilter that its frames pass, or ''"]
    defined_source: Annotated[str, "what it will be attached to at the next start, or ''"]
    defined_xml: Annotated[str, "the interface as defined, or ''"]
    live_xml: Annotated[str, "the interface as it runs, or ''"]


TAP_KEY = ("guest", "mac")
# Which port of its network libvirt gave it is in there, and that moves by itself.
TAP_VOLATILE = ("live_xml",)
RUNS = ("running", "idle", "paused", "in shutdown", "pmsuspended")


def parse(guests: Iterable[GuestXML]) -> tuple[GuestRow, ...]:
    """One row a guest."""
    rows = (GuestRow(g.name, _uuid(g), g.state, g.autostart, g.saved) for g in guests)
    return ordered(rows, KEY)


def parse_taps(guests: Iterable[GuestXML]) -> tuple[TapRow, ...]:
    """One row an interface of a guest."""
    return ordered([row for guest in guests for row in _taps(guest)], TAP_KEY)


def _taps(guest: GuestXML) -> Iterator[TapRow]:
    defined = {_mac(nic): nic for nic in _nics(guest.defined)}
    for nic in _nics(guest.xml):
        lasting, runs = defined.get(_mac(nic)), guest.state in RUNS
        yield TapRow(
            guest.name,
            _mac(nic),
            nic.get("type", ""),
            _source(nic),
            _get(nic.find("target"), "dev"),
            _get(nic.find("model"), "type"),
            _get(nic.find("filterref"), "filter"),
            "" if lasting is None else _source(lasting),
            "" if lasting is None else _text(lasting),
            _text(nic) if runs else "",
        )


def _root(xml: str) -> Element:
    # The XML comes from the host's libvirt over the connection that may already change the host.
    return fromstring(xml)  # noqa: S314


def _uuid(guest: GuestXML) -> str:
    return _root(guest.xml).findtext("uuid", "")


def _nics(xml: str) -> list[Element]:
    return _root(xml).findall("devices/interface") if xml else []


def _mac(nic: Element) -> str:
    return _get(nic.find("mac"), "address")


def _source(nic: Element) -> str:
    kind, source = nic.get("type", ""), nic.find("source")
    # While the guest runs, a network onto somebody's bridge is told as a bridge with its network.
    network = _get(source, "network") if kind == "bridge" else ""
    return network or _get(source, "dev" if kind == "direct" else kind)


def _text(nic: Element) -> str:
    return redact_xml(tostring(nic, encoding="unicode").strip())


def _get(element: Element | None, attribute: str) -> str:
    return "" if element is None else element.get(attribute, "")


@understood
def read(host: Reader) -> tuple[GuestRow, ...]:
    """Ask libvirt."""
    return parse(host.guests())


@understood
def read_taps(host: Reader) -> tuple[TapRow, ...]:
    """Ask libvirt."""
    return parse_taps(host.guests())


TABLE = Table("guests", GuestRow, KEY, read)
TAPS = Table("taps", TapRow, TAP_KEY, read_taps, TAP_VOLATILE)
