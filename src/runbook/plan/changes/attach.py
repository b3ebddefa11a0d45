"""A libvirt network onto a bridge that is there already: libvirt makes no interface for it."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from runbook.plan.changes.networks import define_and_start
from runbook.plan.changes.steps import DropAttached, Step


def attached_xml(name: str, uuid: str, bridge: str) -> str:
    """The network's document, indented as virsh would print it."""
    root = Element("network")
    SubElement(root, "name").text = name
    SubElement(root, "uuid").text = uuid
    SubElement(root, "forward", mode="bridge")
    SubElement(root, "bridge", name=bridge)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


@dataclass(frozen=True, slots=True)
class AttachNetwork:
    """Define the network, start it, and have libvirt start it at boot."""

    name: str
    bridge: str
    xml: str

    phase = "network"

    @property
    def title(self) -> str:
        return f"define libvirt network {self.name} onto {self.bridge}"

    @property
    def before(self) -> str:
        return f"no network {self.name}"

    @property
    def after(self) -> str:
        return self.xml

    def do(self) -> tuple[Step, ...]:
        return define_and_start(self.name, self.xml)

    def undo(self) -> tuple[Step, ...]:
        """The network alone: the bridge and whatever is in it stay."""
        return (DropAttached(self.name),)
