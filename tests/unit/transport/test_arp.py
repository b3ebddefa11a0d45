"""The filter is run by the kernel, on frames sent through a socket pair."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.transport.sockets import passes_filter

from runbook.transport.arp import MOST, PROBES, is_answered, request, sent_by, who_has
from runbook.transport.relay.frames import Frame
from runbook.transport.session import RelayChannel

ADDRESS = IPv4Address("172.16.1.1")
OWN, OTHER = bytes.fromhex("020000000101"), bytes.fromhex("020000000199")
macs = st.binary(min_size=6, max_size=6)


def reply(mac: bytes, sender: IPv4Address, *, kind: int = 2) -> bytes:
    head = OWN + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04" + kind.to_bytes(2)
    return (head + mac + sender.packed + OWN + bytes(4)).ljust(60, b"\0")


def passes(frame: bytes) -> bool:
    return passes_filter(sent_by(ADDRESS), frame)


@pytest.mark.parametrize("kind", [1, 2], ids=["request", "reply"])
def test_whoever_says_that_he_is_the_address_is_heard(kind: int) -> None:
    assert passes(reply(OTHER, ADDRESS, kind=kind))


@pytest.mark.parametrize(
    "frame",
    [
        reply(OTHER, IPv4Address("172.16.1.2")),
        reply(OTHER, ADDRESS).replace(b"\x08\x06", b"\x08\x00"),
        request(OWN, bytes(4), ADDRESS.packed),
        reply(OTHER, ADDRESS)[:30],
        b"",
    ],
    ids=["another address", "no ARP", "a probe", "cut short", "empty"],
)
def test_other_frames_are_dropped(frame: bytes) -> None:
    assert not passes(frame)


class Flooded(RelayChannel):
    """A LAN on which somebody answers for the address by one MAC after the other."""

    def __init__(self) -> None:
        self.heard = 0

    def send(self, data: bytes) -> None:
        """Nobody waits for it."""

    def receive(self, timeout: float | None) -> Frame | None:
        del timeout
        self.heard += 1
        return Frame({"pkttype": 0}, reply(self.heard.to_bytes(6), ADDRESS))


def test_whoever_answers_by_any_number_of_macs_fills_no_record() -> None:
    lan = Flooded()
    assert len(who_has(lan, OWN, ADDRESS, 1.2)) == MOST
    assert lan.heard < 1000


@given(st.ip_addresses(v=4), macs)
def test_only_the_address_asked_for_passes(sender: IPv4Address, mac: bytes) -> None:
    assert passes(reply(mac, sender)) is (sender == ADDRESS)


@given(macs, st.ip_addresses(v=4))
def test_a_probe_names_no_sender_and_so_enters_nobody_s_table(
    mac: bytes, target: IPv4Address
) -> None:
    frame = request(mac, bytes(4), target.packed)
    assert len(frame) == 60
    assert (frame[:6], frame[6:12], frame[12:14]) == (b"\xff" * 6, mac, b"\x08\x06")
    assert frame[20:22] == b"\x00\x01"
    assert (frame[22:28], frame[28:32], frame[38:42]) == (mac, bytes(4), target.packed)


class Answering(RelayChannel):
    """A channel on which each frame that is sent brings these frames, and then nothing."""

    def __init__(self, answer: Callable[[int], list[Frame]]) -> None:
        self.sent: list[bytes] = []
        self._answer = answer
        self._heard: list[Frame] = []

    def send(self, payload: bytes) -> None:
        self.sent.append(payload)
        self._heard = self._answer(len(self.sent))

    def receive(self, timeout: float | None) -> Frame | None:
        if self._heard:
            return self._heard.pop(0)
        time.sleep(timeout or 0)
        return None


def asked(answer: Callable[[int], list[Frame]]) -> tuple[tuple[str, ...], list[bytes]]:
    channel = Answering(answer)
    return who_has(channel, OWN, ADDRESS, 0.03), channel.sent


def test_nobody_answers_on_a_lan_where_nobody_else_has_it() -> None:
    found, sent = asked(lambda _number: [])
    assert found == ()
    assert sent == [request(OWN, bytes(4), ADDRESS.packed)] * PROBES


def test_an_answer_to_the_last_probe_counts() -> None:
    late = Frame({"pkttype": 0}, reply(OTHER, ADDRESS))
    found, _ = asked(lambda number: [late] if number == PROBES else [])
    assert found == ("02:00:00:00:01:99",)


def test_everybody_who_answers_is_named_once() -> None:
    third = Frame({"pkttype": 1}, reply(bytes.fromhex("020000000142"), ADDRESS, kind=1))
    found, _ = asked(lambda _number: [Frame({"pkttype": 0}, reply(OTHER, ADDRESS)), third])
    assert found == ("02:00:00:00:01:42", "02:00:00:00:01:99")


def test_what_goes_out_is_not_taken_for_an_answer() -> None:
    out = Frame({"pkttype": 4}, reply(OWN, ADDRESS))
    assert asked(lambda _number: [out])[0] == ()


def test_only_an_answer_to_the_mac_that_asked_is_one() -> None:
    to_own, to_all = reply(OTHER, ADDRESS), b"\xff" * 6 + reply(OTHER, ADDRESS)[6:]
    assert is_answered(Answering(lambda _n: [Frame({"pkttype": 3}, to_own)]), OWN, ADDRESS, 0.03)
    lan = Answering(lambda _n: [Frame({"pkttype": 1}, to_all)])
    assert not is_answered(lan, OWN, ADDRESS, 0.03)
    assert lan.sent == [request(OWN, bytes(4), ADDRESS.packed)] * PROBES
