"""The filter is run by the kernel, on frames sent through a socket pair."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.transport.sockets import passes_filter

from runbook.transport.gateway import (
    Station,
    asked_for,
    destination_of_reply,
    echo_reply_filter,
    echo_request,
    ping,
)
from runbook.transport.relay.frames import Frame
from runbook.transport.session import RelayChannel

GATEWAY = IPv4Address("172.16.0.1")
MARK = bytes.fromhex("9f3c51aa07d2e864")
HOST_MAC = bytes.fromhex("525400123456")


def icmp(source: IPv4Address, kind: int, *, options: bytes = b"", protocol: int = 1) -> bytes:
    length = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH", 0x40 | length, 0, 84, 0, 0, 64, protocol, 0)
    packet = head + source.packed + IPv4Address("172.16.1.1").packed + options
    return HOST_MAC + bytes(6) + b"\x08\x00" + packet + bytes([kind]) + bytes(20)


def icmp6(source: IPv6Address, kind: int) -> bytes:
    head = struct.pack(">IHBB", 0x60000000, 40, 58, 64)
    packet = head + source.packed + bytes(16)
    return HOST_MAC + bytes(6) + b"\x86\xdd" + packet + bytes([kind]) + bytes(20)


def passes(gateway: IPv4Address | IPv6Address, frame: bytes) -> bool:
    return passes_filter(echo_reply_filter(gateway), frame)


@pytest.mark.parametrize(
    "frame",
    [
        icmp(GATEWAY, 8),
        icmp(IPv4Address("172.16.0.2"), 0),
        icmp(GATEWAY, 0, protocol=17),
        icmp(GATEWAY, 0).replace(b"\x08\x00\x45", b"\x08\x06\x45"),
        icmp(GATEWAY, 0)[:30],
        b"",
    ],
    ids=["request", "another host", "UDP", "ARP", "cut short", "empty"],
)
def test_other_frames_are_dropped(frame: bytes) -> None:
    assert not passes(GATEWAY, frame)


def test_an_echo_reply_passes_whatever_its_ip_options() -> None:
    assert passes(GATEWAY, icmp(GATEWAY, 0))
    assert passes(GATEWAY, icmp(GATEWAY, 0, options=bytes(8)))


def test_an_echo_reply_of_ipv6_passes_and_a_request_does_not() -> None:
    gateway = IPv6Address("2001:db8::1")
    assert passes(gateway, icmp6(gateway, 129))
    assert not passes(gateway, icmp6(gateway, 128))
    assert not passes(gateway, icmp6(IPv6Address("2001:db8::2"), 129))


@given(st.ip_addresses(v=4), st.integers(0, 255))
def test_only_the_gateways_reply_passes(source: IPv4Address, kind: int) -> None:
    expected = source == GATEWAY and kind == 0
    assert passes(GATEWAY, icmp(source, kind)) is expected


class Heard(RelayChannel):
    """A channel on which these frames have arrived."""

    def __init__(self, frames: list[Frame]) -> None:
        self._frames: Iterator[Frame] = iter(frames)

    def receive(self, timeout: float | None) -> Frame | None:  # noqa: ARG002 (nothing to wait for)
        return next(self._frames, None)


def test_a_guests_ping_through_the_same_port_is_not_taken_for_the_hosts() -> None:
    guest = Frame({"pkttype": 3}, bytes.fromhex("525400aaaaaa") + bytes(50))
    own = Frame({"pkttype": 0}, HOST_MAC + bytes(40) + MARK)
    assert destination_of_reply(Heard([guest, own]), MARK, 1) == "52:54:00:12:34:56"


def test_without_a_reply_there_is_no_mac() -> None:
    assert destination_of_reply(Heard([]), MARK, 0.05) is None


def test_what_goes_out_is_not_taken_for_what_comes_in() -> None:
    out = Frame({"pkttype": 4}, HOST_MAC + MARK)
    assert destination_of_reply(Heard([out]), MARK, 0.05) is None


def test_a_reply_of_somebody_who_does_not_know_the_mark_is_not_the_gateways() -> None:
    forged = Frame({"pkttype": 0}, HOST_MAC + bytes(40) + b"server01")
    assert destination_of_reply(Heard([forged]), MARK, 0.05) is None
    assert MARK.hex() in ping("172.16.0.1", MARK, 2.0)


GUEST = Station(bytes.fromhex("525400000001"), IPv4Address("172.16.1.10"))
ROUTER = Station(bytes.fromhex("0200000000ff"), GATEWAY)


def test_a_request_in_a_guests_name_is_one_that_a_router_answers() -> None:
    frame = echo_request(GUEST, ROUTER, MARK)
    assert (frame[:6], frame[6:12], frame[12:14]) == (ROUTER.mac, GUEST.mac, b"\x08\x00")
    head, icmp = frame[14:34], frame[34:]
    assert (head[12:16], head[16:20]) == (GUEST.ip.packed, ROUTER.ip.packed)
    assert icmp[0] == 8
    assert int.from_bytes(head[2:4]) == len(head) + len(icmp)
    assert _sum(head) == _sum(icmp) == 0xFFFF


def _sum(data: bytes) -> int:
    """RFC 1071: over all of it, checksum included, all ones."""
    total = sum(int.from_bytes(data[n : n + 2]) for n in range(0, len(data), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_a_router_that_answers_the_second_request_is_heard() -> None:
    channel = Answering([None, None, Frame({"pkttype": 0}, HOST_MAC + MARK)])
    mac = asked_for(channel, GUEST, ROUTER, MARK, 0.3)
    assert mac == "52:54:00:12:34:56"
    assert len(channel.sent) > 1


class Answering(RelayChannel):
    """A channel on which something arrives each time that somebody listens, or nothing."""

    def __init__(self, frames: list[Frame | None]) -> None:
        self._frames = iter(frames)
        self.sent: list[bytes] = []

    def send(self, payload: bytes) -> None:
        self.sent.append(payload)

    def receive(self, timeout: float | None) -> Frame | None:
        time.sleep(min(timeout or 0.0, 0.06))
        return next(self._frames, None)


def test_the_gateway_must_be_an_address() -> None:
    with pytest.raises(ValueError, match="gateway"):
        ip_address("gateway")
