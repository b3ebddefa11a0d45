from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.state.recorded import dump, names

from runbook.state import netlink
from runbook.state.table import NONSENSE

LINKS = dump("links")
BOUNDARIES = [0, *(end for _, _, end in netlink.frames(LINKS)), len(LINKS)]


def error(kind: int, code: int) -> bytes:
    return struct.pack("=IHHIIi", 20, kind, 0, 1, 0, code)


@given(st.integers(1, len(LINKS) - 1))
def test_a_dump_that_is_cut_short_is_never_taken_for_a_shorter_one(length: int) -> None:
    if length in BOUNDARIES:
        assert len(list(netlink.frames(LINKS[:length]))) == BOUNDARIES.index(length)
    else:
        with pytest.raises(NONSENSE):
            list(netlink.frames(LINKS[:length]))


@pytest.mark.parametrize("length", [0, 15, 1 << 31])
def test_a_message_of_an_impossible_length_ends_the_reading(length: int) -> None:
    broken = struct.pack("=I", length) + LINKS[4:]
    with pytest.raises(ValueError, match="message at byte 0 is cut short"):
        list(netlink.frames(broken))


@pytest.mark.parametrize("kind", [netlink.NLMSG_ERROR, netlink.NLMSG_DONE])
def test_a_refusal_of_the_kernel_is_no_empty_table(kind: int) -> None:
    with pytest.raises(ValueError, match="Operation not permitted"):
        list(netlink.frames(error(kind, -1)))
    assert list(netlink.frames(error(kind, 0))) == []


def test_a_request_asks_for_the_whole_table_of_one_family() -> None:
    asked = netlink.request(netlink.RTM_GETROUTE, netlink.AF_INET6)
    length, kind, flags, _, _, family = struct.unpack_from("=IHHIIB", asked)
    assert (length, kind, family) == (len(asked), 26, 10)
    assert flags == 0x301


def test_each_interface_is_known_by_its_number() -> None:
    assert sorted(names().values()) == ["br0", "br1", "lo", "mv0", "nic0", "nic1", "nic2", "tap0"]
    assert names()[1] == "lo"
