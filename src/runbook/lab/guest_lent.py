"""The address that libvirt's DHCP server keeps for a guest, whose MAC it knows."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring, tostring

from runbook.lab import machine, shell
from runbook.lab.guest_xml import Guest


def keep(host: str, guest: Guest, mac: str) -> None:
    """Have the server of the guest's network keep the address for it."""
    forget(host, mac)
    element = Element("host", mac=mac, name=guest.name, ip=str(guest.address.ip))
    _update(host, guest.network, "add", element)


def forget(host: str, mac: str) -> None:
    """Nothing is kept for the MAC any more, in any network."""
    for network in _virsh(host, "net-list", "--all", "--name").split():
        root = fromstring(_virsh(host, "net-dumpxml", network))  # noqa: S314 - the lab's own libvirt
        for kept in root.findall("ip/dhcp/host"):
            if kept.get("mac") == mac:
                _update(host, network, "delete", kept)


def leased(host: str, network: str) -> frozenset[str]:
    """The addresses, with prefix length, that a guest has a lease of, or had: a server waits."""
    if network not in _virsh(host, "net-list", "--name").split():
        return frozenset()
    told = _virsh(host, "net-dhcp-leases", network)
    return frozenset(word for word in told.split() if "/" in word)


def _update(host: str, network: str, verb: str, element: Element) -> None:
    xml = tostring(element, encoding="unicode")
    active = network in _virsh(host, "net-list", "--name").split()
    which = ("--config", *(("--live",) if active else ()))
    _virsh(host, "net-update", network, verb, "ip-dhcp-host", xml, *which)


def _virsh(host: str, *words: str) -> str:
    done = machine.run(host, ("virsh", "--quiet", *words))
    if done.returncode != 0:
        raise shell.failed(f"virsh {' '.join(words)}", done.stderr.decode().strip())
    return done.stdout.decode()
