"""What each kind of value must look like, one function a kind.

Each takes what is already text and returns it, or raises `Wrong` with the
problem and the fix. Limits are the kernel's, libvirt's or SSH's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from runbook.params.destination import parse

# The kernel's IFNAMSIZ is 16 with the closing zero byte.
_IFNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,62}")
_NETWORK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_URI = re.compile(r"[a-z]+(?:\+[a-z0-9]+)?://[!-~]*")
# `all` and `default` are directories of their own in /proc/sys/net/*/conf.
_RESERVED = frozenset({"lo", "all", "default"})
# Two interfaces that a change makes for itself, and takes away again.
CARRIERS = ("rbcarrier0", "rbcarrier1")
_MACHINE_ID = re.compile(r"[0-9a-f]{32}")
# What an operator can be asked to take on: each name is that of a preflight finding.
# By the name of each risk, what an operator who accepts it vouches for.
VOUCHED: Mapping[str, str] = {
    "accept-all": "another firewall protects this host, and I trust every machine on its LAN",
    "bpdu": "the switch port has no BPDU guard",
    "dhcp-reservation": "the DHCP server lends the host's address to no other machine",
    "dhcp-server": "this DHCP server serves neither the NIC nor the bridge",
    "docker": "FORWARD accepts guests' frames also after Docker has started",
    "guests-dropped": "no guest on the bridge needs the IP traffic that FORWARD drops",
    "late-network": "these services serve the address also when it comes late at a boot",
    "new-mac": "the owner of the switch admits the bridge's MAC",
    "nic-by-name": "whatever uses the NIC by its name also works with the bridge, or is not needed",
    "nic-name": "the cards have always had these names after a boot",
    "revert-loses": "nobody needs what was added on the bridge since, or set anew, and is lost now",
    "rules-at-boot": "nothing has to load these rules at a boot",
    "ssh-limit": "the limit lets 5 new SSH connections in within 30 s",
    "unheard": "the guest need not answer this machine at its new address",
}
CONSENTS = tuple(VOUCHED)
# What libvirt takes for a domain's name, and what is safe as a file's.
_GUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,62}")
# useradd(8) of Debian, with capitals.
_LOGIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,30}\$?")


class Wrong(ValueError):
    """A value out of place; `field` only where a field other than the one checked is."""

    def __init__(self, problem: str, fix: str, field: str = "") -> None:
        """Keep the three apart for the `ParameterError` made of them."""
        super().__init__(problem)
        self.problem = problem
        self.fix = fix
        self.field = field


def host(text: str) -> str:
    """Check the name of a file in params/: never a path, never an option."""
    if not _HOST.fullmatch(text):
        raise Wrong(
            "a host's name is letters, digits, '-', '_' and single dots, 63 at most, and no path",
            "give the name of a file in params/ without its .yaml, e.g. server-01",
        )
    return text


def bridge(text: str) -> str:
    """Check a name for a bridge, which may be one that is not there yet."""
    return _ifname(text, "choose a shorter or a plainer name, e.g. virbr1")


def ifname(text: str) -> str:
    """Check the name of an interface that is there."""
    return _ifname(text, "take the name that `ip link` shows on the host, e.g. enp4s0f0")


def _ifname(text: str, then: str) -> str:
    """15 characters at most, none that sysctl or iproute2 mistakes."""
    if text in CARRIERS:
        raise Wrong(
            f"runbook makes interfaces of the names {' and '.join(CARRIERS)} for itself",
            "take another name",
        )
    if not _IFNAME.fullmatch(text) or text in _RESERVED:
        raise Wrong(
            "an interface name is 1 to 15 letters, digits, '_', '.' or '-', does not start"
            " with '.' or '-', and is not lo, all or default",
            then,
        )
    return text


def network(text: str) -> str:
    """Check a libvirt network name; it also names files on the host."""
    if not _NETWORK.fullmatch(text):
        raise Wrong(
            "a network's name is 1 to 63 letters, digits, '_', '.' or '-', starting with a letter"
            " or digit",
            "take the name that `virsh net-list --all` is to show, e.g. routed",
        )
    return text


def guest(text: str) -> str:
    """Check a guest's name in libvirt; it also names files on the host."""
    if not _GUEST.fullmatch(text):
        raise Wrong(
            "a guest's name is 1 to 63 letters, digits, '_', '.', '+' or '-', starting with a"
            " letter or digit",
            "take the name that `virsh list --all` shows; one with other characters has to be"
            " renamed first: virsh domrename",
        )
    return text


def login(text: str) -> str:
    """Check a user's name; a password is never a parameter."""
    if not _LOGIN.fullmatch(text):
        raise Wrong(
            "a user's name is letters, digits, '_' and '-', and no password goes with it",
            "write the user alone, e.g. root; the password is asked for",
        )
    return text


def guest_mac(text: str) -> str:
    """Check the MAC address of a guest's NIC, and return it in lower case."""
    return mac(text, "a NIC has")


def mac(text: str, whose: str = "a bridge needs") -> str:
    """Check a unicast MAC address, and return it in lower case."""
    lower = text.lower()
    if not _MAC.fullmatch(lower):
        raise Wrong("this is not a MAC address", "write six pairs, e.g. 52:54:00:12:34:56")
    if int(lower[:2], 16) & 1 or lower == "00:00:00:00:00:00":
        raise Wrong(
            f"{whose} a unicast MAC address that is not all zeros",
            "begin it with 52:54:00, as libvirt does",
        )
    return lower


def bridge_mac(text: str) -> str:
    """Check 'own' (of the bridge itself), 'nic' (the NIC's), or a unicast MAC address."""
    return text if text in ("own", "nic") else mac(text)


def machine_id(text: str) -> str:
    """Check the content of a host's /etc/machine-id."""
    if not _MACHINE_ID.fullmatch(text):
        raise Wrong(
            "a machine id is 32 digits of 0 to 9 and a to f",
            "copy it from the host: cat /etc/machine-id",
        )
    return text


def consent(text: str) -> str:
    """Check the name of a preflight finding that can be consented to."""
    if text not in CONSENTS:
        raise Wrong(
            f"no finding is called {text!r}", f"choose from {', '.join(CONSENTS)}, or leave it out"
        )
    return text


def rules(text: str) -> str:
    """Check a path below params/ that holds rules as iptables-save writes them."""
    return _below_params(text, "rules are", "server-01.rules")


def destination(text: str) -> str:
    """Check an SSH destination: a host, an alias or user@host; never an option or a URI."""
    if parse(text) is None:
        raise Wrong(
            "an SSH destination is a host name, an alias or user@host: no spaces, no '/', no"
            " leading '-', no port",
            "put ports, jump hosts and keys in ~/.ssh/config under an alias, and name the alias",
        )
    return text


def libvirt_uri(text: str) -> str:
    """Check the shape of a libvirt connection URI."""
    if not _URI.fullmatch(text):
        raise Wrong(
            "this is not a libvirt connection URI",
            "write one such as qemu:///system, or leave it out: it follows from `connect`",
        )
    return text


def ssh_config(text: str) -> str:
    """Check that the path does not depend on the working directory; not that it exists."""
    if not text.startswith(("/", "~/")) or "\0" in text:
        raise Wrong(
            "the path must begin with / or ~/: the working directory is not always the same",
            "write it in full, or leave it out to use ~/.ssh/config",
        )
    return text


def key_file(text: str) -> str:
    """Check that the path of an SSH key does not depend on the working directory."""
    if not text.startswith(("/", "~/")) or "\0" in text:
        raise Wrong(
            "the path of the SSH key must begin with / or ~/",
            "write it in full, e.g. ~/.ssh/id_ed25519; with an agent the .pub file is enough",
        )
    return text


def recording(text: str) -> str:
    """Check a path below params/."""
    return _below_params(text, "a recording is", "example.json")


def _below_params(text: str, action: str, example: str) -> str:
    if text.startswith("/") or "\0" in text or not text or ".." in text.split("/"):
        raise Wrong(
            f"{action} a path relative to params/, without `..`",
            f"put the file into params/ and write its name, e.g. {example}",
        )
    return text
