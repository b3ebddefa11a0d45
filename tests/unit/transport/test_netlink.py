from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.transport.netlink import check, fate_of_the_rest, names, refusals
from runbook.transport.relay.netlink import NOT_SENT


def message(kind: int, sequence: int, flags: int = 0x5, body: bytes = b"") -> bytes:
    data = struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body
    return data + bytes(-len(data) % 4)


@pytest.mark.parametrize(
    "datagram",
    [
        message(16, 1)[:-1],
        message(16, 1) + b"\0\0\0\0",
        message(16, 1) + message(16, 1),
        message(16, 1, flags=0x1),
        struct.pack("=IHHII", 8, 16, 5, 1, 0),
    ],
    ids=["cut short", "rest", "same sequence number", "no ACK asked for", "length too small"],
)
def test_a_datagram_that_could_not_be_judged_is_never_sent(datagram: bytes) -> None:
    with pytest.raises(ValueError, match="netlink message"):
        check(datagram)


@given(st.lists(st.tuples(st.integers(16, 120), st.binary(max_size=30)), max_size=6))
def test_the_types_of_a_datagram_are_told(parts: list[tuple[int, bytes]]) -> None:
    datagram = b"".join(message(kind, n, body=body) for n, (kind, body) in enumerate(parts))
    assert check(datagram) == tuple(kind for kind, _body in parts)


def test_a_refusal_names_the_message_the_error_and_the_kernels_reason() -> None:
    acks = [(1, 0, ""), (2, 101, "Nexthop has invalid gateway"), (3, 17, "")]
    assert refusals(names([16, 24, 250]), acks) == (
        "message 2 of 3 (RTM_NEWROUTE): Network is unreachable (Nexthop has invalid gateway)",
        "message 3 of 3 (type 250): File exists",
    )


def test_nothing_refused_is_nothing_said() -> None:
    assert refusals(names([16]), [(1, 0, "")]) == ()


def test_what_was_not_sent_was_not_refused() -> None:
    acks = [(1, 0, ""), (2, 95, ""), (3, NOT_SENT, ""), (4, NOT_SENT, "")]
    assert refusals(names([20, 16, 24, 21]), acks) == (
        "message 2 of 4 (RTM_NEWLINK): Operation not supported",
    )
    assert fate_of_the_rest(acks) == "the 2 messages that were to follow were not sent"
    assert fate_of_the_rest(acks[:2]) == "the datagram's other 1 messages were done"
