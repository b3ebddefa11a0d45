"""A second emulated machine as the router of a tagged LAN, with Debian 12's own kernel.

::

    operator -- router 10.98.0.1 -- lan -- 10.98.0.2 enp4s0f0 server-02 enp4s0f1.10 -- server-01
                       fd98::1             fd98::2                      172.16.0.1, fd16::1

The lab's own router keeps the operator's side, and gives the addresses that its hosts have as a
gateway to that machine. Between the two there is nothing but frames with the tag.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.emulated_switch import FAR, FIRST, LO, UPLINK, VLAN, Switch, in_between

from runbook.lab import shell
from runbook.lab.names import LAN6, ROUTER, ROUTER_LAN, ROUTER_LAN6, address

LAN = "172.16.0.0/16"
# What leads to the machine, and the machine on it, by IPv4 and by IPv6.
NEAR, ON = "10.98.0.1/30", "10.98.0.2/30"
NEAR6, ON6 = "fd98::1/64", "fd98::2/64"
TAGGED_NIC = f"{FIRST}.{VLAN}"
# The lab asks at the machine's usual address whether it is up.
INTERFACES = f"""{LO}auto {UPLINK}
iface {UPLINK} inet static
    address {ON}
    gateway {NEAR.split("/", 1)[0]}
    up sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    up ip address add {address(FAR)}/32 dev lo
iface {UPLINK} inet6 static
    address {ON6}
    gateway {NEAR6.split("/", 1)[0]}

auto {TAGGED_NIC}
iface {TAGGED_NIC} inet static
    address {ROUTER_LAN}
iface {TAGGED_NIC} inet6 static
    address {ROUTER_LAN6}
"""


@contextmanager
def behind_a_router() -> Iterator[None]:
    """The host's first port leads to that machine alone, from its next power-on on."""
    _move(ROUTER_LAN, NEAR, LAN, ON)
    _move(ROUTER_LAN6, NEAR6, f"{LAN6}/64", ON6)
    try:
        with in_between(Switch(INTERFACES, cables=1)):
            yield
    finally:
        _move(NEAR, ROUTER_LAN)
        _move(NEAR6, ROUTER_LAN6)


def _move(old: str, new: str, lan: str = "", via: str = "") -> None:
    """Another address for the lab's router on its LAN; the routes of the old one go with it."""
    flags = ("nodad",) if ":" in new else ()
    _ip("address", "delete", old, "dev", "lan")
    _ip("address", "add", new, "dev", "lan", *flags)
    if lan:
        _ip("route", "add", lan, "via", via.split("/", 1)[0])


def _ip(*words: str) -> None:
    family = "-6" if any(":" in word for word in words) else "-4"
    shell.run("ip", "-n", ROUTER, family, *words)
