"""What an IPv4 address must look like where one is asked for, one function a kind.

Each takes what is already text and returns it, or raises `Wrong`, as those of `fields`.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Interface, IPv6Address

from runbook.params.fields import Wrong

_WIDEST, _NARROWEST = 8, 30
# An address without a subnet, as hosters give it: `/32`, with a gateway beyond it.
_POINT_TO_POINT = 32
_LAST_PORT = 65535
_THIS_NETWORK = IPv4Interface("0.0.0.0/8").network


def _ipv4(text: str, action: str) -> IPv4Address:
    """Parse a usable unicast IPv4 address; IPv6 gets a sentence of its own."""
    try:
        address = IPv4Address(text)
    except AddressValueError:
        _refuse_ipv6(text)
        raise Wrong(
            f"{action} is not an IPv4 address", "write four numbers, e.g. 172.16.0.1"
        ) from None
    unusable = (
        address.is_loopback
        or address.is_multicast
        or address.is_link_local
        or address.is_reserved
        or address in _THIS_NETWORK
    )
    if unusable:
        raise Wrong(
            f"{action} is loopback, link-local, multicast, reserved or in 0.0.0.0/8",
            "write an address that a machine on the LAN can hold, e.g. 172.16.0.1",
        )
    return address


def _refuse_ipv6(text: str) -> None:
    bare = text.partition("/")[0].removeprefix("[").partition("]")[0]
    try:
        IPv6Address(bare)
    except AddressValueError:
        return
    raise Wrong(
        "this is an IPv6 address, and the change moves the host's IPv4 address",
        "give the IPv4 address here; the host keeps its IPv6 addresses; nothing to set",
    )


def nameserver(text: str) -> str:
    """Check the IPv4 address of a name server."""
    _refuse_ipv6(text)
    _ipv4(text, "the name server")
    return text


def gateway(text: str) -> str:
    """Check a bare IPv4 address."""
    if "/" in text:
        _refuse_ipv6(text)
        raise Wrong("a gateway has no prefix length", "write the address alone, e.g. 172.16.0.1")
    _ipv4(text, "the gateway")
    return text


def address(text: str) -> str:
    """Check an IPv4 address with prefix length that a host may hold in its network."""
    bare, slash, prefix = text.partition("/")
    _refuse_ipv6(text)
    if not slash or not prefix.isascii() or not prefix.isdigit():
        raise Wrong(
            "the prefix length is missing or not a number",
            f"write address and length as `ip address` shows them, e.g. {bare or '172.16.1.1'}/16",
        )
    _ipv4(bare, "the address")
    length = int(prefix)
    carried = _WIDEST <= length <= _NARROWEST or length == _POINT_TO_POINT
    if prefix != str(length) or not carried:
        raise Wrong(
            f"a prefix length of /{prefix} leaves no LAN with a gateway and guests on it",
            f"write one from /{_WIDEST} to /{_NARROWEST}, e.g. {bare}/16, or"
            f" /{_POINT_TO_POINT} where the host has a point-to-point address",
        )
    if length != _POINT_TO_POINT:
        _refuse_ends(text)
    return text


def _refuse_ends(text: str) -> None:
    """Refuse the network's own and its broadcast address."""
    interface = IPv4Interface(text)
    lan = interface.network
    ends = {lan.network_address: "network", lan.broadcast_address: "broadcast"}
    if interface.ip in ends:
        raise Wrong(
            f"{interface.ip} is the {ends[interface.ip]} address of {lan}, which no host may hold",
            f"write the machine's own address, {lan.network_address + 1} to"
            f" {lan.broadcast_address - 1}",
        )


def probe(text: str) -> str:
    """Check 'address' (an ICMP echo) or 'address:port' (a TCP connection)."""
    bare, colon, port = text.partition(":")
    if text.count(":") > 1 or "[" in text:
        _refuse_ipv6(text)
    _ipv4(bare, f"the probe {text!r}")
    if colon and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _LAST_PORT):
        raise Wrong(
            f"the probe {text!r} has no port from 1 to {_LAST_PORT} after its ':'",
            "write '172.16.0.1' to ping, or '172.16.0.1:443' to connect",
        )
    return text
