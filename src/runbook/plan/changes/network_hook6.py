"""The part of libvirt's hook that brings IPv6 back on the bridge, and keeps it off the NIC."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from runbook.plan.changes.ipv6 import conf
from runbook.plan.changes.messages import Address, Route


@dataclass(frozen=True, slots=True)
class HookIPv6:
    """Static addresses and routes; the interface identifier for SLAAC, or ''."""

    addresses: tuple[Address, ...]
    routes: tuple[Route, ...]
    token: str
    learns: bool


def ipv6_function(shape: HookIPv6 | None, nic: str, bridge: str) -> str:
    """A shell function `ipv6`; it does nothing where there is nothing to bring back."""
    if shape is None:
        return ""
    static = (*map(comes_back, shape.addresses), *map(comes_back, shape.routes))
    lines = (*_switches(shape, bridge), *_off(nic), *static)
    return _TEXT.format(body="".join(f"    {line}\n" for line in lines))


def _switches(shape: HookIPv6, bridge: str) -> tuple[str, ...]:
    heard = (_set(bridge, "accept_ra", "2"), _set(bridge, "autoconf", "1"))
    token = f"try ip token set {shlex.join((shape.token, 'dev', bridge))}"
    return (
        *(heard if shape.learns else ()),
        # Once an advertisement is heard, it is too late for it.
        *((token,) if shape.token else ()),
        _set(bridge, "disable_ipv6", "0"),
        # For IPv6 what arp_notify is for IPv4.
        _set(bridge, "ndisc_notify", "1"),
    )


def _off(nic: str) -> tuple[str, ...]:
    # What a router told the NIC of before it was in the bridge.
    dev = shlex.quote(nic)
    return (
        _set(nic, "accept_ra", "0"),
        f"try ip -6 address flush dev {dev} scope global",
        f"try ip -6 route flush dev {dev} proto ra",
        f"try ip -6 route flush dev {dev} proto kernel root 2000::/3",
        f"try ip -6 route flush dev {dev} proto kernel root fc00::/7",
    )


def comes_back(message: Address | Route) -> str:
    """The line that brings an address or a route back."""
    return f"try ip {shlex.join(message.words())}"


def _set(ifname: str, word: str, value: str) -> str:
    return f"try sysctl -q -w {shlex.quote(f'{conf(ifname, word)}={value}')}"


_TEXT = """\
# libvirt switches IPv6 off on the bridge; a NIC that came up before it may have
# taken an address of its own.
ipv6() {{
{body}}}
"""
