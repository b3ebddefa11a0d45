from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from runbook.common.errors import ReadFailed
from runbook.transport.live import LiveHost
from runbook.transport.relay import netlink

LINK, DUMP = 18, 0x301


def request(kind: int, family: int = 0, flags: int = DUMP) -> bytes:
    return struct.pack("=IHHIIB3x", 20, kind, flags, 1, 0, family)


def message(kind: int, flags: int, body: bytes) -> bytes:
    data = struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body
    return data + bytes(-len(data) % 4)


def test_a_refused_dump_is_an_error(host: LiveHost) -> None:
    with pytest.raises(ReadFailed, match=r"(?i)not supported|invalid"):
        host.dump(struct.pack("=IHHIIB3x", 20, 18, 0x1, 1, 0, 200))


def test_a_dump_that_was_interrupted_is_asked_for_again() -> None:
    with pytest.raises(netlink.Interrupted):
        netlink._ends(message(16, 0x12, b"") + message(3, 0x2, bytes(4)))  # noqa: SLF001 (the kernel cannot be made to)


def test_a_datagram_of_messages_that_are_all_alike_is_seen_to_be_interrupted_and_no_end() -> None:
    with pytest.raises(netlink.Interrupted):
        netlink._ends(message(16, 0x12, bytes(4)) * 9)  # noqa: SLF001 (the kernel cannot be made to)
    assert not netlink._ends(message(16, 0x2, bytes(4)) * 9)  # noqa: SLF001 (likewise)
    # The end has the length of the others.
    assert netlink._ends(message(16, 0x2, bytes(4)) * 9 + message(3, 0x2, bytes(4)))  # noqa: SLF001 (likewise)
    with pytest.raises(netlink.Interrupted):
        netlink._ends(message(16, 0x2, bytes(4)) + message(16, 0x12, bytes(4)))  # noqa: SLF001 (likewise)


def test_a_dump_that_ends_in_an_error_is_an_error() -> None:
    with pytest.raises(OSError, match="No such device"):
        netlink._ends(message(3, 0x2, struct.pack("=i", -19)))  # noqa: SLF001 (the kernel cannot be made to)


def test_a_message_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(OSError, match="cut short"):
        list(netlink.messages(message(16, 2, bytes(40))[:30]))


def test_a_dump_holds_every_link(host: LiveHost) -> None:
    reply = host.dump(request(LINK))
    found = [m.get("ifname") for m in MarshalRtnl().parse(reply) if m["header"]["type"] == 16]
    assert sorted(found) == sorted(p.name for p in Path("/sys/class/net").iterdir())


def test_a_dump_ends_with_done(host: LiveHost) -> None:
    kinds = [kind for kind, *_ in netlink.messages(host.dump(request(LINK)))]
    assert kinds[-1] == 3
    assert set(kinds[:-1]) == {16}


@given(st.lists(st.tuples(st.integers(16, 100), st.binary(max_size=40)), max_size=8))
def test_messages_of_a_datagram_are_told_apart(parts: list[tuple[int, bytes]]) -> None:
    data = b"".join(message(kind, 2, body) for kind, body in parts)
    assert [(kind, body) for kind, _f, _s, body in netlink.messages(data)] == parts


@given(st.binary(max_size=80))
def test_any_acknowledgement_text_is_text(body: bytes) -> None:
    assert isinstance(netlink._ack_text(0x300, bytes(20) + body), str)  # noqa: SLF001 (what a kernel may say is open)
