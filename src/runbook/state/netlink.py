"""NETLINK_ROUTE dumps: how to ask for one, and what its messages are made of.

Numbers: linux/rtnetlink.h, linux/netlink.h.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

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
# The other two bits of an attribute's kind say that others are in it, or the order of its bytes.
_KIND = 0x3FFF
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
    if raw[begin : begin + _ALIKE] != raw[begin + step : begin + step + _ALIKE]:
        return 1
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


Attributes = dict[int, bytes]


def attributes(raw: bytes) -> Attributes:
    """Attributes that stand alone or in another one, by kind."""
    return {kind: raw[begin + _ATTRIBUTE.size : end] for begin, end, kind in places(raw, 0)}


def places(raw: bytes, position: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end and kind of each attribute from a position on."""
    # A message of a link has forty of them, so this goes around often.
    size, unpack = len(raw), _ATTRIBUTE.unpack_from
    last = size - _ATTRIBUTE.size
    while position <= last:
        length, kind = unpack(raw, position)
        end = position + length
        # A length below the header's would never get to the end.
        if length < _ATTRIBUTE.size or end > size:
            raise ValueError(f"the attribute at byte {position} of a message is cut short")
        yield position, end, kind & _KIND
        position += (length + 3) & ~3


def number(value: bytes | None) -> int:
    """An attribute that is a number without a sign; 0 where there is none."""
    return int.from_bytes(value or b"", sys.byteorder)


def text(value: bytes | None) -> str:
    """An attribute that is a text; '' where there is none."""
    return (value or b"").rstrip(b"\0").decode()


def interface_names(host: Reader) -> dict[int, str]:
    """What each ifindex is called on the host now."""
    return names(host.dump(request(RTM_GETLINK)))


def names(raw: bytes) -> dict[int, str]:
    """What each ifindex is called, from the raw dump of the links."""
    return {
        _IFINDEX.unpack_from(raw, begin + _HEADER.size)[0]: _name(raw[begin:end])
        for _, begin, end in frames(raw)
    }


def _name(message: bytes) -> str:
    """The name of one interface; its other attributes are not looked at."""
    for begin, end, kind in places(message, _HEADER.size + _BODY):
        if kind == IFLA_IFNAME:
            return text(message[begin + _ATTRIBUTE.size : end])
    raise ValueError("the kernel does not say what an interface is called")
