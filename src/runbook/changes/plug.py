"""A guest's NIC moved from one libvirt network to another, as it runs and as it is defined.

Only the source changes: MAC, card, PCI address and filters stay as they are, so
the guest does not notice.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from runbook.changes.messages import LinkMaster
from runbook.changes.steps import Netlink, Plug, Restore, Step
from runbook.changes.waits import AwaitForwarding

DEFINITIONS = "/etc/libvirt/qemu"
# What libvirt gives a NIC while it runs, and finds again by its MAC.
RUNTIME = ("target", "alias")


def attached_to(nic_xml: str, network: str) -> str:
    """The same <interface>, attached to the network; raises ParseError on what is not XML."""
    # The XML comes from the host's libvirt over the connection that may already change the host.
    nic = fromstring(nic_xml)  # noqa: S314
    nic.set("type", "network")
    source = nic.find("source")
    _replace(nic, source, SubElement(nic, "source") if source is None else source, network)
    return tostring(nic, encoding="unicode").strip()


def _replace(nic: Element, old: Element | None, source: Element, network: str) -> None:
    # A port group or a port number of the old network means nothing in the new one.
    source.clear()
    source.set("network", network)
    source.tail = old.tail if old is not None else None
    for name in RUNTIME:
        for element in nic.findall(name):
            nic.remove(element)


def as_defined(nic_xml: str) -> str:
    """The same <interface> as it can be asked for again: without what libvirt adds to a live one."""
    nic = fromstring(nic_xml)  # noqa: S314 - likewise
    for name in RUNTIME:
        for element in nic.findall(name):
            nic.remove(element)
    for source in nic.findall("source"):
        source.attrib.pop("portid", None)
        if nic.get("type") == "network":
            source.attrib.pop("bridge", None)
    return tostring(nic, encoding="unicode").strip()


@dataclass(frozen=True, slots=True)
class MoveNic:
    """One NIC of one guest; `live_xml` and `defined_xml` are its <interface> before, '' for none.

    `old` is the network or bridge it is attached to, `tap` its device on the host ('' where
    the guest does not run).
    """

    guest: str
    mac: str
    old: str
    network: str
    bridge: str
    tap: str
    live_xml: str
    defined_xml: str

    phase = "cutover"

    @property
    def title(self) -> str:
        """The guest and the network."""
        return f"move {self.guest}'s NIC to network {self.network}"

    @property
    def before(self) -> str:
        """What it hangs on."""
        return f"{self.guest}: NIC {self.mac} on {self.old}"

    @property
    def after(self) -> str:
        """What it will hang on."""
        return f"{self.guest}: NIC {self.mac} on {self.network}, all else of it as it is"

    def do(self) -> tuple[Step, ...]:
        """The definition first: a guest that dies meanwhile starts where it will be undone from."""
        return self._plugs(lambda xml: attached_to(xml, self.network))

    def undo(self) -> tuple[Step, ...]:
        """As it was; the definition as a file too, which a boot reads before libvirt does."""
        file = (Restore(f"{DEFINITIONS}/{self.guest}.xml"),) if self.defined_xml else ()
        return (*reversed(self._plugs(as_defined)), *file)

    def _plugs(self, made: Made) -> tuple[Plug, ...]:
        pairs = ((self.defined_xml, "config"), (self.live_xml, "live"))
        where = {True: self.network}
        return tuple(
            Plug(self.guest, self.mac, made(xml), which) for xml, which in pairs if xml and where
        )
