"""What the gateway's neighbour table holds for a host, seen from the host.

The gateway answers a ping to the MAC address that it has in its table. The
packet socket listens for every protocol, because only those see a frame on a
bridge port before the bridge takes it.
"""

from __future__ import annotations

import math
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from runbook.transport.session import RelayChannel

ETH_P_ALL = 0x0003
PACKET_OUTGOING = 4

TRIES = 3
MARK_BYTES = 8

Instruction = tuple[int, int, int, int]

# Classic BPF: load a byte, half word or word; the IP header's length; compare; return.
_LDB, _LDH, _LD = 0x30, 0x28, 0x20
_LDX_HEADER_LENGTH, _LDB_INDEXED, _LDH_INDEXED = 0xB1, 0x50, 0x48
_JEQ, _RET = 0x15, 0x06
_WHOLE_FRAME = 0x40000


@dataclass(frozen=True, slots=True)
class Station:
    """A MAC, six bytes, and the IPv4 address that it holds."""

    mac: bytes
    ip: IPv4Address


def echo_reply_filter(gateway: IPv4Address | IPv6Address) -> tuple[Instruction, ...]:
    """Classic BPF that passes ICMP echo replies from `gateway` and nothing else."""
    if gateway.version == 4:  # noqa: PLR2004 (the version is the number)
        loads = [
            (_LDH, 12, 0x0800),
            (_LDB, 23, 1),
            (_LD, 26, int(gateway)),
            (_LDX_HEADER_LENGTH, 14, None),
            (_LDB_INDEXED, 14, 0),
        ]
    else:
        words = [gateway.packed[n : n + 4] for n in range(0, 16, 4)]
        source = [(_LD, 22 + 4 * n, int.from_bytes(word)) for n, word in enumerate(words)]
        loads = [(_LDH, 12, 0x86DD), (_LDB, 20, 58), *source, (_LDB, 54, 129)]
    return all_of(loads)


def all_of(loads: list[tuple[int, int, int | None]]) -> tuple[Instruction, ...]:
    """Each load followed by its comparison, if it has one; the first miss drops the frame."""
    total = sum(1 if value is None else 2 for _code, _at, value in loads)
    program: list[Instruction] = []
    for code, at, value in loads:
        program.append((code, 0, 0, at))
        if value is not None:
            program.append((_JEQ, 0, total - len(program), value))
    return (*program, (_RET, 0, 0, _WHOLE_FRAME), (_RET, 0, 0, 0))


def ping(gateway: str, mark: bytes, timeout: float) -> tuple[str, ...]:
    """Three marked pings, 0.2 s apart (iputils).

    A mark is MARK_BYTES that nobody else on the LAN can know: a bridge carries others' replies
    too, and whoever guesses the mark could answer in the gateway's name.
    """
    limit = str(max(1, math.ceil(timeout)))
    return (
        *("ping", "-n", "-c", "3", "-i", "0.2", "-W", "1"),
        *("-w", limit, "-p", mark.hex(), gateway),
    )


def echo_request(sender: Station, router: Station, mark: bytes) -> bytes:
    """One marked ICMP echo request, as `sender` would send it to the router (RFC 792)."""
    body = mark * 4
    bare = struct.pack("!BBHHH", 8, 0, 0, 0x7262, 1) + body
    icmp = bare[:2] + struct.pack("!H", _checksum(bare)) + bare[4:]
    ends = sender.ip.packed + router.ip.packed
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0) + ends
    head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
    return router.mac + sender.mac + b"\x08\x00" + head + icmp


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f"!{len(data) // 2}H", data)
    total = sum(words)
    while total > 0xFFFF:  # noqa: PLR2004 (what does not fit in sixteen bits is carried)
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def asked_for(
    channel: RelayChannel, sender: Station, router: Station, mark: bytes, timeout: float
) -> str | None:
    """The destination MAC of the router's reply to what is sent in `sender`'s name."""
    frame = echo_request(sender, router, mark)
    for _ in range(TRIES):
        channel.send(frame)
        if mac := destination_of_reply(channel, mark, timeout / TRIES):
            return mac
    return None


def destination_of_reply(channel: RelayChannel, mark: bytes, timeout: float) -> str | None:
    """The destination MAC of the first reply that bears the mark, None if none comes."""
    deadline = time.monotonic() + timeout
    while (remaining := deadline - time.monotonic()) > 0:
        frame = channel.receive(remaining)
        if frame is None or frame.header.get("pkttype") == PACKET_OUTGOING:
            continue
        if mark in frame.payload:
            return frame.payload[:6].hex(":")
    return None
