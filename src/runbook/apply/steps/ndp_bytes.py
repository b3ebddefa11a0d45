"""Neighbour discovery as bytes: the frame that tells a LAN which MAC holds an IPv6 address."""

from __future__ import annotations

import socket
import struct

ALL_NODES, ALL_NODES_MAC = "ff02::1", bytes.fromhex("333300000001")
ETHERTYPE_IPV6 = b"\x86\xdd"
ICMPV6, ADVERTISEMENT, HOP_LIMIT = 58, 136, 255
OVERRIDE = 0x20000000
TARGET_LINK_LAYER = b"\x02\x01"


def unsolicited_advertisement(mac: bytes, address: str) -> bytes:
    """A neighbour advertisement to all nodes that overrides what they hold (RFC 4861, 7.2.6)."""
    own = socket.inet_pton(socket.AF_INET6, address)
    everyone = socket.inet_pton(socket.AF_INET6, ALL_NODES)
    told = struct.pack("!I", OVERRIDE) + own + TARGET_LINK_LAYER + mac
    blank = struct.pack("!BBH", ADVERTISEMENT, 0, 0) + told
    pseudo = own + everyone + struct.pack("!II", len(blank), ICMPV6)
    message = struct.pack("!BBH", ADVERTISEMENT, 0, checksum(pseudo + blank)) + told
    header = struct.pack("!IHBB", 6 << 28, len(message), ICMPV6, HOP_LIMIT) + own + everyone
    return ALL_NODES_MAC + mac + ETHERTYPE_IPV6 + header + message


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:  # noqa: PLR2004 - sixteen bits
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
