"""What the network is inside a guest, and what manages it."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.transport.guest.channel import Channel


@dataclass(frozen=True, slots=True)
class InsideFile:
    """A configuration file of the guest; `mode` is the permission bits."""

    path: str
    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class Inside:
    """A guest as seen from inside.

    `ifname` is the NIC with `mac`, or '' where there is none. `addresses` are its
    IPv4 addresses as address/length, `default_routes` are 'GATEWAY IFNAME'.
    `managers` are all that are there and could own a NIC; `manager` is the one that
    owns this one: 'ifupdown', 'netplan', 'systemd-networkd', 'NetworkManager' or ''.
    `cloud_init`: 'absent', 'off' (leaves the network alone) or 'on'.
    """

    mac: str
    ifname: str
    hostname: str
    os_id: str
    os_version: str
    os_name: str
    manager: str
    managers: tuple[str, ...]
    cloud_init: str
    systemd: bool
    addresses: tuple[str, ...]
    default_routes: tuple[str, ...]
    nameservers: tuple[str, ...]
    dhcp_clients: tuple[str, ...]
    tools: tuple[str, ...]
    files: tuple[InsideFile, ...]


def read(channel: Channel, mac: str) -> Inside:
    """Look; raises ReadFailed if what came back cannot be understood."""
    raise NotImplementedError
