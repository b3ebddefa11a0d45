"""A guest's NIC moved from one libvirt network to another, as it runs and as it is defined.

Only the source changes: MAC, card, PCI address and filters stay as they are, so
the guest does not notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from runbook.plan.changes.file_steps import Restore
from runbook.plan.changes.guest_steps import DEFINITIONS, AwaitForwarding, Plug
from runbook.plan.changes.messages import LinkMaster
from runbook.plan.changes.steps import Netlink, Step

# What libvirt gives a NIC while it runs; it knows them of the MAC that is asked for.
RUNTIME = ("target", "alias")


def attached_to(nic_xml: str, network: str) -> str:
    """The same <interface>, attached to the network; raises ParseError on what is not XML."""
    nic = _asked_for(nic_xml)
    nic.set("type", "network")
    source = nic.find("source")
    if source is None:
        source = SubElement(nic, "source")
    # A port group of the old network means nothing in the new one.
    tail, source.tail = source.tail, None
    source.clear()
    source.set("network", network)
    source.tail = tail
    return tostring(nic, encoding="unicode").strip()


def as_it_was(nic_xml: str) -> str:
    """The same <interface>, as it is asked for again; raises ParseError on what is not XML."""
    return tostring(_asked_for(nic_xml), encoding="unicode").strip()


def _asked_for(nic_xml: str) -> Element:
    # The XML comes from the host's libvirt over the connection that may already change the host.
    nic = fromstring(nic_xml)  # noqa: S314
    for name in RUNTIME:
        for element in nic.findall(name):
            nic.remove(element)
    for source in nic.findall("source"):
        source.attrib.pop("portid", None)
        if source.get("network"):
            # Told as a bridge while it runs, if the network leads onto somebody's bridge.
            nic.set("type", "network")
        if nic.get("type") == "network":
            source.attrib.pop("bridge", None)
    return nic


@dataclass(frozen=True, slots=True)
class MoveNic:
    """One NIC of one guest; the two XMLs are its <interface> before, '' where there is none.

    `live_source` and `defined_source` are what it is attached to, and will be at its next start.
    """

    guest: str
    mac: str
    network: str
    live_source: str
    live_xml: str
    defined_source: str
    defined_xml: str

    phase = "cutover"

    @property
    def title(self) -> str:
        return f"move the NIC of {self.guest} to network {self.network}"

    @property
    def before(self) -> str:
        return f"{self.guest}: {self.mac} on {self.live_source or self.defined_source}"

    @property
    def after(self) -> str:
        told = f"{self.guest}: {self.mac} on {self.network}, all else of the NIC as it is"
        off = "; it is shut off: nothing inside is changed, and it starts with its old addresses"
        return told if self.live_xml else told + off

    def do(self) -> tuple[Step, ...]:
        """The running guest first: there libvirt may refuse, and then nothing is done."""
        return tuple(
            Plug(self.guest, self.mac, self.network, attached_to(old.xml, self.network), old.which)
            for old in self._plugs()
            if old.source != self.network
        )

    def undo(self) -> tuple[Step, ...]:
        """As it was; the definition also as a file, which a boot has before libvirt reads it."""
        back = tuple(old for old in self._plugs() if old.source != self.network)
        redefines = self.defined_xml and self.defined_source != self.network
        files = (Restore(f"{DEFINITIONS}/{self.guest}.xml"),) if redefines else ()
        return (*back, *files)

    def _plugs(self) -> Iterator[Plug]:
        """Both as they are."""
        if self.live_xml:
            xml = as_it_was(self.live_xml)
            yield Plug(self.guest, self.mac, self.live_source, xml, "live")
        if self.defined_xml:
            xml = as_it_was(self.defined_xml)
            yield Plug(self.guest, self.mac, self.defined_source, xml, "config")


@dataclass(frozen=True, slots=True)
class Rejoin:
    """A running guest's tap put into the bridge again that libvirt says it is in.

    A network that is stopped takes its bridge with it; started again, it has none of its guests.
    """

    guest: str
    tap: str
    bridge: str
    was_in: str = ""

    phase = "cutover"

    @property
    def title(self) -> str:
        return f"put {self.guest}'s {self.tap} back into {self.bridge}"

    @property
    def before(self) -> str:
        return f"{self.tap} is in {self.was_in or 'no bridge'}"

    @property
    def after(self) -> str:
        return f"{self.tap} is in {self.bridge}"

    def do(self) -> tuple[Step, ...]:
        return (Netlink((LinkMaster(self.tap, self.bridge),)),)

    def undo(self) -> tuple[Step, ...]:
        return (Netlink((LinkMaster(self.tap, self.was_in),)),)


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Waits until the bridge forwards the guest's frames."""

    guest: str
    tap: str
    bridge: str

    phase = "settle"

    @property
    def title(self) -> str:
        return f"wait for the port of {self.guest}"

    @property
    def before(self) -> str:
        return f"{self.bridge} may still listen and learn on {self.tap}"

    @property
    def after(self) -> str:
        return f"{self.bridge} forwards on {self.tap}"

    def do(self) -> tuple[Step, ...]:
        return (AwaitForwarding(self.tap, self.bridge),)

    def undo(self) -> tuple[Step, ...]:
        return ()
