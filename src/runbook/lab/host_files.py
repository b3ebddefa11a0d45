"""The files by which one host differs from another of its release."""

from __future__ import annotations

import uuid
from pathlib import Path

from runbook.lab import shell
from runbook.lab.names import NIC, ROUTER_LAN, ROUTER_LAN6, address, address6

AUTHORIZED_KEYS = "root/.ssh/authorized_keys"
HOST_KEY = "etc/ssh/ssh_host_ed25519_key"
LOOPBACK = """\
auto lo
iface lo inet loopback

auto {nic}
"""
STANZAS = {
    "static": """\
iface {nic} inet static
    address {address}/16
    gateway {gateway}
""",
    "dhcp": "iface {nic} inet dhcp\n",
}
STANZAS6 = {
    "none": "",
    "static": """\

iface {nic} inet6 static
    address {address6}/64
    gateway {gateway6}
""",
    "slaac": "\niface {nic} inet6 auto\n",
}


def stanzas(host: str, addressing: str, ipv6: str) -> str:
    """The host's /etc/network/interfaces."""
    return (LOOPBACK + STANZAS[addressing] + STANZAS6[ipv6]).format(
        nic=NIC,
        address=address(host),
        gateway=ROUTER_LAN.split("/")[0],
        address6=address6(host, ipv6),
        gateway6=ROUTER_LAN6.split("/")[0],
    )


def personalise(host: str, root: Path, public_key: str, interfaces: str) -> None:
    """Write them into a file system of the release."""
    (root / "etc/network/interfaces").write_text(interfaces)
    (root / "etc/hostname").write_text(f"{host}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {host}\n")
    (root / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    keys = root / AUTHORIZED_KEYS
    keys.parent.mkdir(mode=0o700, exist_ok=True)
    keys.write_text(public_key)
    keys.chmod(0o600)


def make_key(host: str, key: Path) -> None:
    """An SSH key by which the host is known."""
    shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host, "-f", str(key))


def public_half(key: Path) -> str:
    """The public half of a host's SSH key, type and base64."""
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])
