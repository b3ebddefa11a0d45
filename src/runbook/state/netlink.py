"""NETLINK_ROUTE dumps: how to ask for one, and pyroute2's decoding of the small ones.

Numbers: linux/rtnetlink.h, linux/netlink.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from runbook.transport.host import Reader

RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH, RTM_GETRULE = 18, 22, 26, 30, 34
AF_UNSPEC, AF_INET, AF_BRIDGE, AF_INET6 = 0, 2, 7, 10
FAMILIES = {AF_INET: "inet", AF_INET6: "inet6"}
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
NLMSG_DONE = 3
# struct ifinfomsg is the longest of the headers a dump may begin with; the
# kernel takes the family from its first byte and ignores the rest.
_BODY = 16


def request(kind: int, family: int = AF_UNSPEC) -> bytes:
    """The datagram that asks for a dump."""
    body = bytes([family]).ljust(_BODY, b"\x00")
    flags = NLM_F_REQUEST | NLM_F_DUMP
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def messages(raw: bytes) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each message with its attributes by name (a repeated one: the last)."""
    for message in MarshalRtnl().parse(raw):
        if message["header"]["type"] > NLMSG_DONE:
            yield message, attributes(message)


def attributes(holder: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped library
    """The attributes of a message, or of a nested attribute, by name."""
    return {pair[0]: pair[1] for pair in holder.get("attrs", [])}


def interface_names(host: Reader) -> dict[int, str]:
    """What each ifindex is called on the host now."""
    links = messages(host.dump(request(RTM_GETLINK)))
    return {message["index"]: str(attrs["IFLA_IFNAME"]) for message, attrs in links}
