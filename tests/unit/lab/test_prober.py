from __future__ import annotations

import socket
import struct
import threading
import time

import pytest

from runbook.lab import prober


def test_an_answer_that_came_too_late_is_none_and_its_time_is_told() -> None:
    told = prober.judged([0.0, 1.0, 2.0], {0: 0.01, 1: 3.5, 2: 2.01})
    assert (told["sent"], told["lost"], told["longest_rtt_ms"]) == (3, 1, 2500.0)
    assert told["longest_gap_ms"] == 2000.0


def test_one_that_was_only_late_is_not_lost() -> None:
    told = prober.judged([0.0, 1.0, 2.0], {0: 1.99, 1: 2.5, 2: 2.01})
    assert (told["lost"], told["longest_rtt_ms"], told["longest_gap_ms"]) == (0, 1990.0, 0)


def answer(identifier: int, count: int) -> bytes:
    """The echo reply to a ping, behind an IPv4 header."""
    asked = prober.packet(identifier, count)
    return bytes((0x45, *bytes(19), prober.ECHO_REPLY)) + asked[1:]


def test_pings_of_one_moment_have_identifiers_of_their_own() -> None:
    pings = {prober.packet(7, count)[4:6] for count in range(prober.IDENTIFIERS)}
    assert len(pings) == prober.IDENTIFIERS


def test_each_prober_counts_its_own_answers_alone() -> None:
    for count in (0, 63, 64, 70_000):
        assert prober.count_of(answer(0xFFF0, count), 0xFFF0) == count
        # The next program that was started.
        assert prober.count_of(answer(0xFFF0, count), 0xFFF1) is None


def test_an_answer_counts_from_when_the_kernel_had_it_not_from_when_it_was_read() -> None:
    stamp = time.time() - 3.0
    data = struct.pack("@ll", int(stamp), int(stamp % 1 * 1e9))
    told = [(socket.SOL_SOCKET, 35, data)]
    assert prober.arrival(told) == pytest.approx(time.monotonic() - 3.0, abs=0.5)
    assert prober.arrival([]) == pytest.approx(time.monotonic(), abs=0.5)


def test_a_prober_that_was_held_up_still_sees_that_every_answer_came_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, held_up = prober.receive, threading.Event()

    def late(*given: object, **named: object) -> None:
        if not held_up.is_set():
            held_up.set()
            time.sleep(2.5)
        plain(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(prober, "receive", late)
    told = prober.probe("127.0.0.1", 100, 3)
    assert told["lost"] == 0
    # It was held up for longer than that.
    assert told["longest_rtt_ms"] < 2000
