"""What everything in the lab is called, and which numbers it has."""

from __future__ import annotations

import re
from pathlib import Path

RUN = Path("/run/runbook-lab")
CACHE = Path("/var/cache/runbook-lab")
# Every lab that stands on this machine holds it with a shared lock; all of them have one cache.
IN_USE = CACHE / "in-use"
SSH_CONFIG = Path("/etc/ssh/ssh_config.d/runbook-lab.conf")

PREFIX = "rb-"
HOST_NAMESPACE = re.compile(rf"{PREFIX}server-\d\d+")
SWITCH, ROUTER, OPERATOR = "rb-switch", "rb-router", "rb-operator"
NIC = "enp4s0f0"
ROUTER_LAN = "172.16.0.1/16"
ROUTER_UPLINK, OPERATOR_UPLINK = "10.99.0.1/30", "10.99.0.2/30"
# Unique local addresses (RFC 4193): they mean nothing beyond the lab.
LAN6 = "fd16::"
ROUTER_LAN6, ROUTER_UPLINK6, OPERATOR_UPLINK6 = "fd16::1/64", "fd99::1/64", "fd99::2/64"
RELEASES = ("bullseye", "bookworm", "trixie")
IPV6 = ("none", "static", "slaac")
MOST_HOSTS = 250
# Who logs in at the console of every guest. No secret: nothing outside the lab can reach one.
GUEST_USER, GUEST_PASSWORD = "root", "lab"


def host_name(number: int) -> str:
    """server-01 and so on."""
    return f"server-{number:02d}"


def host_number(name: str) -> int:
    """The number in a host's name."""
    return int(name.rsplit("-", 1)[1])


def namespace(host: str) -> str:
    """The host's network namespace."""
    return PREFIX + host


def is_namespace(name: str) -> bool:
    """Whether a network namespace has one of the lab's names."""
    return name in (SWITCH, ROUTER, OPERATOR) or HOST_NAMESPACE.fullmatch(name) is not None


def port(host: str) -> str:
    """The switch's end of the host's cable."""
    return f"port-{host_number(host):02d}"


def address(host: str) -> str:
    """The host's address on the LAN, without the prefix length."""
    return f"172.16.1.{host_number(host)}"


def address6(host: str, ipv6: str) -> str:
    """The host's IPv6 address on the LAN as `up --ipv6` asked for it; '' for none."""
    number = host_number(host)
    # By SLAAC it is the MAC, as a modified EUI-64 (RFC 4291, appendix A).
    found = {"static": f"{LAN6}1:{number:x}", "slaac": f"{LAN6}16:1ff:fe00:{number:x}"}
    return found.get(ipv6, "")


def mac(host: str) -> str:
    """The NIC's MAC: burnt in, so the same after every power cycle."""
    return f"02:16:01:00:00:{host_number(host):02x}"


def nic(number: int) -> str:
    """What the host calls its first, second, ... NIC, from 0."""
    return f"{NIC[:-1]}{number}"


def nic_mac(host: str, number: int) -> str:
    """The MAC of the host's first, second, ... NIC, from 0."""
    head, last = mac(host).rsplit(":", 1)
    return mac(host) if number == 0 else f"{head[:-2]}{number:02x}:{last}"


def tap(host: str, number: int) -> str:
    """The switch's end of a QEMU host's cable: its first is the one that any host has."""
    return port(host) if number == 0 else f"{port(host)}-{number}"


def folder(host: str) -> Path:
    """Where the host's disk and console are."""
    return RUN / "hosts" / host
