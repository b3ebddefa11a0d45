"""libvirt's guests, and the interfaces by which each is attached."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, fromstring

import pandas as pd

from runbook.state.table import Table, frame, understood
from runbook.transport.host import GuestXML, Reader

COLUMNS = {
    "name": ("str", "the guest's name"),
    "uuid": ("str", "libvirt's identity for it"),
    "state": ("str", "virsh's word: running, shut off, paused, ..."),
    "autostart": ("bool", "libvirt starts it at boot"),
}
KEY = ("name",)
TAP_COLUMNS = {
    "guest": ("str", "the guest's name"),
    "mac": ("str", "the MAC of its interface"),
    "type": ("str", "network, bridge, direct (macvtap), ..."),
    "source": ("str", "the network, bridge or interface it is attached to"),
    "target": ("str", "the tap device on the host while it runs, or ''"),
    "model": ("str", "the emulated card"),
}
TAP_KEY = ("guest", "mac")


def parse(guests: Iterable[GuestXML]) -> pd.DataFrame:
    """One row a guest."""
    rows = ((g.name, _uuid(g), g.state, g.autostart) for g in guests)
    return frame(COLUMNS, KEY, rows)


def parse_taps(guests: Iterable[GuestXML]) -> pd.DataFrame:
    """One row an interface of a guest."""
    pairs = ((g.name, nic) for g in guests for nic in _root(g).findall("devices/interface"))
    return frame(TAP_COLUMNS, TAP_KEY, [_tap(name, nic) for name, nic in pairs])


def _root(guest: GuestXML) -> Element:
    # The XML comes from the host's libvirt over the connection that may already change the host.
    return fromstring(guest.xml)  # noqa: S314


def _uuid(guest: GuestXML) -> str:
    return _root(guest).findtext("uuid", "")


def _tap(name: str, nic: Element) -> tuple[object, ...]:
    kind = nic.get("type", "")
    source = nic.find("source")
    attribute = "dev" if kind == "direct" else kind
    return (
        name,
        _get(nic.find("mac"), "address"),
        kind,
        _get(source, attribute),
        _get(nic.find("target"), "dev"),
        _get(nic.find("model"), "type"),
    )


def _get(element: Element | None, attribute: str) -> str:
    return "" if element is None else element.get(attribute, "")


@understood
def read(host: Reader) -> pd.DataFrame:
    """Ask libvirt."""
    return parse(host.guests())


@understood
def read_taps(host: Reader) -> pd.DataFrame:
    """Ask libvirt."""
    return parse_taps(host.guests())


TABLE = Table("guests", COLUMNS, KEY, read)
TAPS = Table("taps", TAP_COLUMNS, TAP_KEY, read_taps)
