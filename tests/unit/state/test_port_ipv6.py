from __future__ import annotations

import pytest
from tests.unit import fakes, hosts

from runbook.state.port_ipv6 import is_unused, ports

PORTS = frozenset({"enp4s0f0", "bond0.100"})


def test_a_port_is_what_a_bridge_has_and_no_part_of_a_bond() -> None:
    links = [
        fakes.link("br0", kind="bridge"),
        fakes.link("bond0", kind="bond", master="br0"),
        fakes.link("eth1", master="bond0"),
        fakes.link("eth2"),
    ]
    assert ports(hosts.snapshot(links=links)) == {"bond0"}


@pytest.mark.parametrize(
    ("table", "key", "unused"),
    [
        ("addresses", "enp4s0f0 inet6 fe80::16:1ff:fe00:1 64", True),
        ("addresses", "enp4s0f0 inet6 2001:db8::1 64", False),
        ("addresses", "enp4s0f0 inet 169.254.1.1 16", False),
        ("addresses", "virbr1 inet6 fe80::16:1ff:fe00:1 64", False),
        ("routes", "inet6 255 local fe80::16:1ff:fe00:1/128 0 0 enp4s0f0", True),
        ("routes", "inet6 254 unicast fe80::/64 0 256 enp4s0f0", True),
        ("routes", "inet6 254 unicast fe80::/64 0 256 virbr1", False),
        ("routes", "inet6 254 unicast default 0 1024 enp4s0f0", False),
        ("sysctl", "net.ipv6.conf.enp4s0f0.accept_ra", True),
        ("sysctl", "net.ipv6.conf.bond0/100.accept_ra", True),
        ("sysctl", "net.ipv6.conf.virbr1.accept_ra", False),
        ("sysctl", "net.ipv6.conf.all.accept_ra", False),
        ("sysctl", "net.ipv6.conf.enp4s0f0.disable_ipv6", False),
        ("sysctl", "net.ipv4.conf.enp4s0f0.accept_ra", False),
        ("links", "enp4s0f0", False),
        ("files", "/etc/inet6 enp4s0f0 fe80:", False),
    ],
)
def test_only_what_nothing_uses_counts(table: str, key: str, *, unused: bool) -> None:
    assert is_unused(table, key, PORTS) is unused
