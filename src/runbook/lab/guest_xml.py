"""What libvirt is told of a guest, and what can be read back from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, tostring

from runbook.lab import guest_disk, guest_image, guest_managers

MEMORY_MIB = {"quick": "128", "debian": "256"}
AGENT = "org.qemu.guest_agent.0"
# Once, emulated, this machine's processor has no flaw to guard against.
QUIET = "console=ttyS0 quiet panic=1 mitigations=off"


@dataclass(frozen=True, slots=True)
class Guest:
    """What a guest is called, and where it is: its network is libvirt's name for one.

    `console` is what its serial line offers: a login, an open shell, or nothing. `manager` is
    what has its NIC; with `dhcp` it asks for its address, and is lent the one that is named.
    """

    name: str
    network: str
    address: IPv4Interface
    gateway: IPv4Address
    kind: str = "quick"
    console: str = "login"
    manager: str = guest_managers.USUAL
    dhcp: bool = False

    @property
    def base(self) -> str:
        """The disk that it starts from."""
        usual = self.manager == guest_managers.USUAL and not self.dhcp
        return self.kind if usual else guest_managers.BASE


@dataclass(frozen=True, slots=True)
class Defined:
    """A guest as its host's libvirt knows it; `kind` and `address` are '' where we did not add it.

    `address` is what it was given when it was added, with its prefix length.
    """

    name: str
    kind: str
    state: str
    network: str
    address: str
    mac: str


def domain_xml(guest: Guest, mac: str) -> str:
    """The definition that libvirt is given (https://libvirt.org/formatdomain.html)."""
    root = Element("domain", type="qemu")
    SubElement(root, "name").text = guest.name
    SubElement(root, "memory", unit="MiB").text = MEMORY_MIB[guest.kind]
    _boot(SubElement(root, "os"), guest)
    # The power button, by which libvirt asks a guest to shut down.
    SubElement(SubElement(root, "features"), "acpi")
    _devices(SubElement(root, "devices"), guest, mac)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _boot(system: Element, guest: Guest) -> None:
    SubElement(system, "type", arch="x86_64", machine="pc").text = "hvm"
    SubElement(system, "kernel").text = str(guest_image.KERNEL)
    SubElement(system, "initrd").text = str(guest_image.INITRD)
    told = f"kind={guest.kind} guest={guest.name} address={guest.address} gateway={guest.gateway}"
    mask = " systemd.mask=serial-getty@ttyS0.service" if guest.console == "none" else ""
    more = _of_managers(guest) if guest.base == guest_managers.BASE else ""
    SubElement(system, "cmdline").text = f"{QUIET} getty={guest.console} {told}{mask}{more}"


def _of_managers(guest: Guest) -> str:
    # There is a udev on that disk, and its NIC is to be eth0 all the same.
    return f" net.ifnames=0 manager={guest.manager}{' dhcp=yes' if guest.dhcp else ''}"


def _devices(devices: Element, guest: Guest, mac: str) -> None:
    SubElement(devices, "controller", type="usb", model="none")
    SubElement(devices, "memballoon", model="none")
    SubElement(SubElement(devices, "serial", type="pty"), "target", port="0")
    _disk(devices, guest)
    nic = SubElement(devices, "interface", type="network")
    SubElement(nic, "mac", address=mac)
    SubElement(nic, "source", network=guest.network)
    SubElement(nic, "model", type="virtio")
    # Nothing boots from the network, and offering to takes seconds.
    SubElement(nic, "rom", enabled="no")
    if guest.kind == "debian":
        agent = SubElement(devices, "channel", type="unix")
        SubElement(agent, "target", type="virtio", name=AGENT)


def _disk(devices: Element, guest: Guest) -> None:
    disk = SubElement(devices, "disk", type="file", device="disk")
    SubElement(disk, "driver", name="qemu", type="qcow2")
    SubElement(disk, "source", file=str(guest_disk.own(guest.name)))
    below = SubElement(disk, "backingStore", type="file")
    SubElement(below, "format", type="raw")
    source = SubElement(below, "source", file=str(guest_disk.base(Path("/"), guest.base)))
    # A new owner would have the host's overlay copy all of it into the host's own disk.
    SubElement(source, "seclabel", model="dac", relabel="no")
    SubElement(below, "backingStore")
    SubElement(disk, "target", dev="vda", bus="virtio")


def mac_of(host: str, name: str) -> str:
    """The same for a guest every time, and another for each guest of the LAN."""
    drawn = hashlib.sha256(f"{host}/{name}".encode()).digest()
    return "52:54:00:" + drawn[:3].hex(":")


def defined(xml: str, state: str) -> Defined:
    """What a definition says of a guest, ours or not, in virsh's word for its state."""
    root = fromstring(xml)  # noqa: S314 - from the lab's own libvirt
    words = [word.partition("=") for word in root.findtext("os/cmdline", "").split()]
    told = {name: value for name, _, value in words}
    return Defined(
        name=root.findtext("name", ""),
        kind=told.get("kind", ""),
        state=state,
        network=_attribute(root, "devices/interface/source", "network"),
        address=told.get("address", ""),
        mac=_attribute(root, "devices/interface/mac", "address"),
    )


def _attribute(root: Element, path: str, name: str) -> str:
    found = root.find(path)
    return "" if found is None else found.get(name, "")
