"""What the switch of the lab answers to a bond that speaks LACP."""

from __future__ import annotations

from tests.lab.far_end import SWITCH_MAC, answer

HOST_MAC = bytes.fromhex("021601000001")
# As Linux sends it before it knows a partner: state 0x47 of port 2, key 15.
ACTOR = bytes.fromhex("ffff 021601000001 000f 00ff 0002 47 000000")
ASKED = b"".join(
    (
        bytes.fromhex("0180c2000002"),
        HOST_MAC,
        bytes.fromhex("8809 0101 0114"),
        ACTOR,
        bytes.fromhex("0214") + bytes(18) + bytes.fromhex("0310") + bytes(66),
    )
)


def test_the_partner_repeats_what_it_heard_and_says_that_its_port_is_in_use() -> None:
    said = answer(ASKED, 2)
    assert len(said) == len(ASKED) == 124
    assert said[:6] == ASKED[:6]
    assert said[6:12] == SWITCH_MAC
    ours, theirs = said[18:36], said[38:56]
    assert theirs == ACTOR
    assert ours[2:8] == SWITCH_MAC
    # Active, short timeout, aggregates, in sync, collecting, distributing.
    assert ours[14] == 0b00111111


def test_each_port_has_a_number_and_all_have_one_key_so_they_are_one_aggregate() -> None:
    first, second = answer(ASKED, 1)[18:36], answer(ASKED, 2)[18:36]
    assert first[8:10] == second[8:10]
    assert first[12:14] != second[12:14]
