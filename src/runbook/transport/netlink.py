"""Netlink datagrams of several messages: their form, and what was refused in one."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from runbook.transport.relay.netlink import NOT_SENT

if TYPE_CHECKING:
    from collections.abc import Sequence

# Sequence number, errno, and the kernel's own words.
Ack = tuple[int, int, str]
_HEADER = struct.Struct("=IHHII")
_F_REQUEST_ACK = 0x5
# linux/rtnetlink.h
_NAMES = {
    16: "RTM_NEWLINK",
    17: "RTM_DELLINK",
    19: "RTM_SETLINK",
    20: "RTM_NEWADDR",
    21: "RTM_DELADDR",
    24: "RTM_NEWROUTE",
    25: "RTM_DELROUTE",
    28: "RTM_NEWNEIGH",
    29: "RTM_DELNEIGH",
    32: "RTM_NEWRULE",
    33: "RTM_DELRULE",
}


def check(datagram: bytes) -> tuple[int, ...]:
    """The message types of a datagram in which every message asks for its own ACK.

    ValueError if a message is cut short, does not ask for an ACK, or shares
    its sequence number.
    """
    kinds: list[int] = []
    sequences: set[int] = set()
    offset = 0
    while offset < len(datagram):
        rest = len(datagram) - offset
        if rest < _HEADER.size:
            message = f"{rest} bytes after the last netlink message"
            raise ValueError(message)
        length, kind, flags, sequence, _port = _HEADER.unpack_from(datagram, offset)
        if not _HEADER.size <= length <= rest:
            message = f"netlink message {len(kinds)} is cut short"
            raise ValueError(message)
        if flags & _F_REQUEST_ACK != _F_REQUEST_ACK or sequence in sequences:
            message = f"netlink message {len(kinds)} needs NLM_F_REQUEST|NLM_F_ACK and its own seq"
            raise ValueError(message)
        kinds.append(kind)
        sequences.add(sequence)
        offset += (length + 3) & ~3
    return tuple(kinds)


def names(kinds: Sequence[int]) -> tuple[str, ...]:
    """What each message of a datagram is, by its place and its type."""
    return tuple(
        f"message {index} of {len(kinds)} ({_NAMES.get(kind, f'type {kind}')})"
        for index, kind in enumerate(kinds, start=1)
    )


def refusals(words: Sequence[str], acks: Sequence[Ack]) -> tuple[str, ...]:
    """One sentence for each refused message, in order; `acks` as the relay answers them."""
    return tuple(
        f"{word}: {os.strerror(code)}{f' ({text})' if text else ''}"
        for word, (_sequence, code, text) in zip(words, acks, strict=True)
        if code not in (0, NOT_SENT)
    )


def fate_of_the_rest(acks: Sequence[Ack]) -> str:
    """What became of the messages that the kernel did not refuse."""
    codes = [code for _sequence, code, _text in acks]
    if NOT_SENT in codes:
        return f"the {codes.count(NOT_SENT)} messages that were to follow were not sent"
    return f"the datagram's other {codes.count(0)} messages were done"
