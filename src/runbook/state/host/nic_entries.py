"""What the kernel keeps for the NIC besides addresses and routes, and forgets with its address.

Proxy entries: addresses for which the host answers ARP or NDP on the NIC. Multicast groups: those
that a program has joined by the NIC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from runbook.transport.host import Reader

# Without -4 or -6, ip lists one family.
PROXIES = (("ip", "-4", "neighbour", "show", "proxy"), ("ip", "-6", "neighbour", "show", "proxy"))
GROUPS = ("ip", "maddress", "show", "dev")
_PROXY = re.compile(r"(\S+) dev (\S+)\s")
_GROUP = re.compile(r"\s+inet6?\s+(\S+)")
# The kernel joins these by itself; programs of multicast DNS and LLMNR follow an address.
_OWN = tuple(
    map(
        ip_network,
        (
            *("224.0.0.1/32", "224.0.0.2/32", "224.0.0.106/32", "224.0.0.251/32", "224.0.0.252/32"),
            *("ff01::/16", "ff02::1/128", "ff02::2/128", "ff02::6a/128", "ff02::fb/128"),
            *("ff02::1:3/128", "ff02::1:ff00:0/104", "ff05::2/128"),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class NicEntries:
    """Addresses that the host answers for on the NIC, and groups that programs have joined."""

    proxies: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def read(host: Reader, nic: str) -> NicEntries:
    """Ask the kernel by `ip`."""
    proxies = [
        match[1]
        for argv in PROXIES
        for line in _lines(host, argv)
        if (match := _PROXY.match(f"{line} ")) and match[2] == nic
    ]
    groups = [match[1] for line in _lines(host, (*GROUPS, nic)) if (match := _GROUP.match(line))]
    return NicEntries(tuple(proxies), tuple(group for group in groups if not _is_own(group)))


def _lines(host: Reader, argv: tuple[str, ...]) -> Iterator[str]:
    yield from host.query(argv).stdout.decode(errors="replace").splitlines()


def _is_own(group: str) -> bool:
    try:
        address = ip_address(group)
    except ValueError:
        return False
    return any(address in network for network in _OWN)
