"""A guest's network as it is inside."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, ip_address

from runbook.state.guest import dhcp_command_lines
from runbook.state.guest.files import InsideFile
from runbook.state.syntax import cloud_init

RESOLV_CONF = "/etc/resolv.conf"
# What has cloud-init leave the network alone, by its own documentation.
CLOUD_SWITCH = cloud_init.SWITCH
# What is read beside ifupdown's own files, for others.
FOREIGN = (RESOLV_CONF, "/etc/netplan/", "/etc/cloud/", "/etc/systemd/network/")
# What stands for a byte that is not UTF-8 in a name.
NOT_UTF8 = "\ufffd"


@dataclass(frozen=True, slots=True)
class Inside:
    """The network configuration of a guest, read inside it.

    `ifname` is the NIC with `mac`, or '' where there is none; `master` is what it is
    a port of, or ''. `addresses` are its IPv4 addresses as address/length,
    `default_routes` are 'GATEWAY IFNAME'. `managers` are all that lay claim to this
    NIC: 'ifupdown', 'netplan', 'systemd-networkd', 'NetworkManager'; `manager` is the
    one where there is one, else ''. `owned_by` is the file or connection by which
    it does. `cloud_init`: 'absent', 'off' (leaves the network alone) or 'on'.
    `answering` are the name servers that answer. `withheld` are files with a secret.
    `resolv_conf` is /etc/resolv.conf where it is a plain file; where it is a link,
    `resolv_link` is what it names. `unwritable` are the files and folders that cannot be
    replaced: immutable or append-only, on a read-only file system, or with hard links.
    """

    mac: str
    ifname: str
    master: str
    hostname: str
    os_id: str
    os_version: str
    os_name: str
    managers: tuple[str, ...]
    owned_by: str
    cloud_init: str
    systemd: bool
    root: bool
    addresses: tuple[str, ...]
    default_routes: tuple[str, ...]
    nameservers: tuple[str, ...]
    answering: tuple[str, ...]
    dhcp_clients: tuple[str, ...]
    tools: tuple[str, ...]
    files: tuple[InsideFile, ...]
    withheld: tuple[str, ...]
    resolv_conf: InsideFile | None = None
    resolv_link: str = ""
    unwritable: tuple[str, ...] = ()

    @property
    def manager(self) -> str:
        """The one network manager that has this NIC; '' where none or several have."""
        return self.managers[0] if len(self.managers) == 1 else ""

    @property
    def lent(self) -> bool:
        """Whether a DHCP client serves this NIC by IPv4; one without an interface serves all."""
        return any(dhcp_command_lines.serves(line, self.ifname) for line in self.dhcp_clients)

    @property
    def networks(self) -> tuple[str, ...]:
        """The network of each address, one like the other where there are two."""
        return tuple(sorted(str(IPv4Interface(each).network) for each in self.addresses))

    def file(self, path: str) -> InsideFile | None:
        """One of `files`."""
        return next((file for file in self.files if file.path == path), None)

    def lasting(self, network: IPv4Network) -> tuple[str, ...]:
        """The name servers that answer, and are not left behind by a move to `network`."""
        old = [IPv4Interface(each).network for each in self.addresses]
        return tuple(s for s in self.answering if _is_on(s, network) or not _is_on(s, *old))


def _is_on(server: str, *networks: IPv4Network) -> bool:
    with suppress(ValueError):
        return any(ip_address(server) in network for network in networks)
    return False
