from __future__ import annotations

import ipaddress
import struct

from hypothesis import given
from hypothesis import strategies as st

from runbook.apply.steps.ndp_bytes import checksum, unsolicited_advertisement

addresses = st.ip_addresses(v=6).map(str)
macs = st.binary(min_size=6, max_size=6)


@given(macs, addresses)
def test_every_node_is_told_which_mac_has_the_address(mac: bytes, address: str) -> None:
    frame = unsolicited_advertisement(mac, address)
    destination, source, kind = struct.unpack_from("!6s6sH", frame)
    # ff02::1 as RFC 2464, 7 maps it to Ethernet.
    assert (destination.hex(":"), source, kind) == ("33:33:00:00:00:01", mac, 0x86DD)
    packed = ipaddress.IPv6Address(address).packed
    assert frame[22:38] == packed
    message = frame[54:]
    assert struct.unpack_from("!H", frame, 18)[0] == len(message) == 32
    # A neighbour drops what came through a router: only 255 shows that it did not.
    assert (frame[20], frame[21]) == (58, 255)
    assert (message[0], message[4] & 0x20, message[8:24]) == (136, 0x20, packed)
    assert message[24:] == b"\x02\x01" + mac


@given(macs, addresses)
def test_the_checksum_is_one_that_a_neighbour_accepts(mac: bytes, address: str) -> None:
    frame = unsolicited_advertisement(mac, address)
    message = frame[54:]
    pseudo = frame[22:54] + struct.pack("!II", len(message), 58)
    assert checksum(pseudo + message) == 0
