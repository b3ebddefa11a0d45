"""What everything in the lab is called, and which numbers it has."""

from __future__ import annotations

from pathlib import Path

RUN = Path("/run/runbook-lab")
CACHE = Path("/var/cache/runbook-lab")
SSH_CONFIG = Path("/etc/ssh/ssh_config.d/runbook-lab.conf")

PREFIX = "rb-"
SWITCH, ROUTER, OPERATOR = "rb-switch", "rb-router", "rb-operator"
NIC = "enp4s0f0"
ROUTER_LAN = "172.16.0.1/16"
ROUTER_UPLINK, OPERATOR_UPLINK = "10.99.0.1/30", "10.99.0.2/30"
RELEASES = ("bullseye", "bookworm", "trixie")
MOST_HOSTS = 250


def host_name(number: int) -> str:
    """server-01 and so on."""
    return f"server-{number:02d}"


def host_number(name: str) -> int:
    """The number in a host's name."""
    return int(name.rsplit("-", 1)[1])


def namespace(host: str) -> str:
    """The host's network namespace."""
    return PREFIX + host


def port(host: str) -> str:
    """The switch's end of the host's cable."""
    return f"port-{host_number(host):02d}"


def address(host: str) -> str:
    """The host's address on the LAN, without the prefix length."""
    return f"172.16.1.{host_number(host)}"


def mac(host: str) -> str:
    """The NIC's MAC: burnt in, so the same after every power cycle."""
    return f"02:16:01:00:00:{host_number(host):02x}"


def folder(host: str) -> Path:
    """Where the host's disk and console are."""
    return RUN / "hosts" / host
