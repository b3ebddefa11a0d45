"""Guests on a host: real QEMU under the host's libvirt, in software emulation.

A quick guest has no disk. It boots Debian's cloud kernel and a busybox
(guest_image.py), takes its address from the kernel's command line, answers
ping, and has a shell on its serial console (`virsh console`).
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from runbook.errors import LabError
from runbook.lab import guest_image, machine, shell
from runbook.lab.names import ROUTER_LAN, host_number

KINDS = ("quick",)
MEMORY_MIB = "128"
ANSWER_S = 90.0
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Guest:
    """What a guest is called, and where it is: its network is libvirt's name for one."""

    name: str
    network: str
    address: IPv4Interface
    gateway: IPv4Address


def place(host: str, network: str) -> tuple[IPv4Interface, IPv4Address]:
    """The address and gateway of a guest that was given none, on either of the two networks."""
    if network == "routed":
        address = IPv4Interface(f"172.16.2.{host_number(host)}/16")
        return address, IPv4Interface(ROUTER_LAN).ip
    return IPv4Interface("192.168.122.50/24"), IPv4Address("192.168.122.1")


def domain_xml(guest: Guest, mac: str) -> str:
    """The definition that libvirt is given (https://libvirt.org/formatdomain.html)."""
    root = Element("domain", type="qemu")
    SubElement(root, "name").text = guest.name
    SubElement(root, "memory", unit="MiB").text = MEMORY_MIB
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
    told = f"guest={guest.name} address={guest.address} gateway={guest.gateway}"
    SubElement(system, "cmdline").text = f"console=ttyS0 quiet panic=1 {told}"


def _devices(devices: Element, guest: Guest, mac: str) -> None:
    SubElement(devices, "controller", type="usb", model="none")
    SubElement(devices, "memballoon", model="none")
    SubElement(SubElement(devices, "serial", type="pty"), "target", port="0")
    nic = SubElement(devices, "interface", type="network")
    SubElement(nic, "mac", address=mac)
    SubElement(nic, "source", network=guest.network)
    SubElement(nic, "model", type="virtio")
    # Nothing boots from the network, and offering to takes seconds.
    SubElement(nic, "rom", enabled="no")


def mac_of(host: str, name: str) -> str:
    """The same for a guest every time, and another for each guest of the LAN."""
    drawn = hashlib.sha256(f"{host}/{name}".encode()).digest()
    return "52:54:00:" + drawn[:3].hex(":")


def add(host: str, guest: Guest) -> float:
    """Define, autostart and start it on the host; the seconds until it answered the host's ping."""
    _check(host, guest)
    _need_network(host, guest.network)
    if _answers(host, guest.address):
        raise _failed(host, f"{guest.address.ip} answers already", "choose another --address")
    _virsh(host, "define", "/dev/stdin", stdin=domain_xml(guest, mac_of(host, guest.name)))
    began = time.monotonic()
    try:
        _virsh(host, "autostart", guest.name)
        _virsh(host, "start", guest.name)
    except LabError:
        _virsh(host, "undefine", guest.name)
        raise
    wait(host, guest)
    return time.monotonic() - began


def _check(host: str, guest: Guest) -> None:
    if not NAME.fullmatch(guest.name):
        rule = "a small letter, then small letters, digits and '-', 31 in all"
        raise _failed(host, f"{guest.name!r} is no name for a guest", rule)
    if guest.gateway not in guest.address.network:
        raise _failed(
            host,
            f"{guest.address} does not reach {guest.gateway}",
            "name a --gateway that is in the network of --address",
        )
    if guest.name in names(host):
        raise _failed(
            host,
            f"there is a guest {guest.name} already",
            f"runbook lab guest remove {host} {guest.name}",
        )


def _need_network(host: str, network: str) -> None:
    """An active network that is there again after a boot: a guest's own autostart needs it."""
    known = _virsh(host, "net-list", "--all", "--name").split()
    if network not in known:
        raise _failed(
            host,
            f"libvirt has no network {network}",
            f"make it, or name one of: {', '.join(known) or 'none'}",
        )
    if network not in _virsh(host, "net-list", "--name").split():
        _virsh(host, "net-start", network)
    if network not in _virsh(host, "net-list", "--all", "--autostart", "--name").split():
        _virsh(host, "net-autostart", network)


def wait(host: str, guest: Guest) -> None:
    """Wait until the guest answers the host's ping; raises LabError when it does not."""
    try:
        shell.wait_for(guest.name, lambda: _answers(host, guest.address), ANSWER_S)
    except LabError as error:
        raise LabError(
            f"guest {guest.name} does not answer at {guest.address.ip} within {ANSWER_S:.0f} s",
            host=host,
            state=f"{guest.name} is defined",
            then=f"runbook lab exec {host} virsh console {guest.name}",
        ) from error


def _answers(host: str, address: IPv4Interface) -> bool:
    ping = ("ping", "-q", "-c", "1", "-W", "0.3", str(address.ip))
    return machine.run(host, ping).returncode == 0


def names(host: str) -> tuple[str, ...]:
    """The host's guests, whether they run or not."""
    return tuple(_virsh(host, "list", "--all", "--name").split())


def remove(host: str, name: str) -> None:
    """Stop it at once and forget it."""
    known = names(host)
    if name not in known:
        raise _failed(
            host, f"there is no guest {name}", f"name one of: {', '.join(known) or 'none'}"
        )
    if name in _virsh(host, "list", "--name").split():
        _virsh(host, "destroy", name)
    _virsh(host, "undefine", name)


def _virsh(host: str, *words: str, stdin: str = "") -> str:
    done = machine.run(host, ("virsh", "--quiet", *words), stdin.encode())
    if done.returncode != 0:
        said = done.stderr.decode().strip()
        raise _failed(
            host, f"virsh {' '.join(words)}: {said}", f"runbook lab exec {host} virsh list --all"
        )
    return done.stdout.decode()


def _failed(host: str, what: str, then: str) -> LabError:
    return LabError(what, host=host, state="no guest was added or removed", then=then)
