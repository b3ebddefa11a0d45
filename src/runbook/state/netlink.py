"""NETLINK_ROUTE dumps: how to ask for one, and pyroute2's decoding of the small ones.

Numbers: linux/rtnetlink.h, linux/netlink.h.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from runbook.transport.host import Reader

RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH, RTM_GETRULE = 18, 22, 26, 30, 34
AF_UNSPEC, AF_INET, AF_INET6 = 0, 2, 10
FAMILIES = {AF_INET: "inet", AF_INET6: "inet6"}
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
# struct ifinfomsg is the longest of the headers a dump may begin with; the
# kernel takes the family from its first byte and ignores the rest.
_BODY = 16
_HEADER, _CODE = struct.Struct("=IH10x"), struct.Struct("=i")
_IFINDEX, _ATTRIBUTE = struct.Struct("=4xi"), struct.Struct("=HH")
IFLA_IFNAME = 3
# Length and type, with which a message begins.
_ALIKE = 6


def request(kind: int, family: int = AF_UNSPEC) -> bytes:
    """The datagram that asks for a dump."""
    body = bytes([family]).ljust(_BODY, b"\x00")
    flags = NLM_F_REQUEST | NLM_F_DUMP
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


class Alike(NamedTuple):
    """Messages of one type and length, one behind the other; `step` is from begin to begin."""

    kind: int
    begin: int
    length: int
    step: int
    number: int


def alike(raw: bytes) -> Iterator[Alike]:
    """Every message of a dump; ValueError if it is refused or cut short."""
    position = 0
    while position < len(raw):
        length, kind = _HEADER.unpack_from(raw, position)
        if length < _HEADER.size or position + length > len(raw):
            raise ValueError(f"the netlink message at byte {position} is cut short")
        step, count = (length + 3) & ~3, 1
        if kind > NLMSG_DONE:
            count = _count(raw, position, step)
            yield Alike(kind, position, length, step, count)
        elif kind in (NLMSG_ERROR, NLMSG_DONE):
            _refuse(*_CODE.unpack_from(raw, position + _HEADER.size))
        position += step * count


def _count(raw: bytes, begin: int, step: int) -> int:
    """How many messages from here on have the same length and type."""
    rows = (len(raw) - begin) // step
    heads = np.ndarray((rows, _ALIKE), np.uint8, raw, begin, (step, 1))
    # Where messages of many lengths take turns, only a few are looked at in vain.
    count, more = 1, 8
    while count < rows:
        same = (heads[count : count + more] == heads[0]).all(axis=1)
        if not same.all():
            return count + int(same.argmin())
        count, more = count + len(same), more * 2
    return count


def frames(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """Type, begin and end of each message of a dump; ValueError if it is refused or cut short."""
    for kind, first, length, step, count in alike(raw):
        for begin in range(first, first + step * count, step):
            yield kind, begin, begin + length


def _refuse(code: int) -> None:
    if code < 0:
        raise ValueError(f"the kernel refuses: {os.strerror(-code)}")


def messages(raw: bytes) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each message with its attributes by name (a repeated one: the last)."""
    marshal = MarshalRtnl()
    for _, begin, end in frames(raw):
        for message in marshal.parse(raw[begin:end]):
            yield message, attributes(message)


def attributes(holder: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped library
    """The attributes of a message, or of a nested attribute, by name."""
    return {pair[0]: pair[1] for pair in holder.get("attrs", [])}


def interface_names(host: Reader) -> dict[int, str]:
    """What each ifindex is called on the host now."""
    raw = host.dump(request(RTM_GETLINK))
    return {
        _IFINDEX.unpack_from(raw, begin + _HEADER.size)[0]: _name(raw[begin:end])
        for _, begin, end in frames(raw)
    }


def _name(message: bytes) -> str:
    """The name of one interface; of its many attributes nothing else is decoded."""
    position = _HEADER.size + _BODY
    while position + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, position)
        if kind == IFLA_IFNAME:
            return message[position + _ATTRIBUTE.size : position + length].rstrip(b"\0").decode()
        # A length below the header's would never get to the end.
        position += max((length + 3) & ~3, _ATTRIBUTE.size)
    raise ValueError("the kernel does not say what an interface is called")
