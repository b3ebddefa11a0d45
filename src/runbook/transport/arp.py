"""ARP by packet socket: who on the LAN answers for an address (RFC 5227).

A probe names no sender, so it enters nobody's neighbour table: asking changes
nothing, on this host or on any other.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runbook.transport.gateway import PACKET_OUTGOING, Instruction, all_of

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from runbook.transport.session import RelayChannel

BROADCAST = b"\xff" * 6
ETHERTYPE = 0x0806
NOBODY = bytes(4)
ETHERNET_MINIMUM = 60
# RFC 5227 sends three, up to two seconds apart; on a LAN that forwards, answers take milliseconds.
PROBES, PAUSE_S = 3, 0.4
# One is a conflict already; whoever floods the LAN must not fill a record.
MOST = 16
_REQUEST = b"\x00\x01\x08\x00\x06\x04\x00\x01"
_LDH, _LD = 0x28, 0x20
_TYPE_AT, _SENDER_IP_AT = 12, 28
_SENDER_MAC = slice(22, 28)


def request(mac: bytes, sender: bytes, target: bytes) -> bytes:
    """A broadcast ARP request: `sender` (at `mac`) asks for `target`, four bytes each."""
    body = _REQUEST + mac + sender + bytes(6) + target
    frame = BROADCAST + mac + ETHERTYPE.to_bytes(2) + body
    return frame.ljust(ETHERNET_MINIMUM, b"\x00")


def sent_by(address: IPv4Address) -> tuple[Instruction, ...]:
    """Classic BPF that passes ARP of whoever says that it is `address`, and nothing else."""
    return all_of([(_LDH, _TYPE_AT, ETHERTYPE), (_LD, _SENDER_IP_AT, int(address))])


def who_has(
    channel: RelayChannel, mac: bytes, address: IPv4Address, timeout: float
) -> tuple[str, ...]:
    """Each MAC that answered a probe for `address` in `timeout` seconds, sorted; MOST at most.

    A request in which somebody gives the address as his own counts as well.
    """
    macs: set[str] = set()
    for _ in range(PROBES):
        channel.send(request(mac, NOBODY, address.packed))
        macs.update(_heard(channel, min(PAUSE_S, timeout / PROBES)))
    return tuple(sorted(macs))[:MOST]


def is_answered(channel: RelayChannel, mac: bytes, address: IPv4Address, timeout: float) -> bool:
    """Whether a probe for `address` from this MAC is answered to this MAC."""
    for _ in range(PROBES):
        channel.send(request(mac, NOBODY, address.packed))
        deadline = time.monotonic() + timeout / PROBES
        while (remaining := deadline - time.monotonic()) > 0:
            frame = channel.receive(remaining)
            if frame is not None and frame.payload[: len(mac)] == mac:
                return True
    return False


def _heard(channel: RelayChannel, seconds: float) -> set[str]:
    macs: set[str] = set()
    deadline = time.monotonic() + seconds
    while (remaining := deadline - time.monotonic()) > 0:
        frame = channel.receive(remaining)
        if frame is not None and frame.header.get("pkttype") != PACKET_OUTGOING:
            macs.add(frame.payload[_SENDER_MAC].hex(":"))
            if len(macs) == MOST:
                break
    return macs
