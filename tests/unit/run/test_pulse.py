from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

from tests.unit import fakes

from runbook.apply.phases import apply_phase
from runbook.apply.steps import journal
from runbook.common.errors import ConnectionLost
from runbook.run.pulse import Pulse
from runbook.transport.host import Host

LOST = ConnectionLost("gone", host="server-01", state="unknown", then="wait")


@dataclass
class Beats:
    """A clock on which each look takes a millisecond, and a host that is lost at some answers."""

    host: fakes.FakeHost
    lost: set[int]
    asked: int = 0
    seconds: float = 100.0
    connected: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        self.seconds += 0.001
        return self.seconds

    def now(self) -> object:
        return fakes.NOON

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def connect(self) -> Host:
        self.connected.append(self.seconds)
        return cast("Host", self)

    def read_files(self, paths: tuple[str, ...]) -> object:
        self.asked += 1
        if self.asked in self.lost:
            raise LOST
        return self.host.read_files(paths)

    def close(self) -> None:
        """As a connection does."""


class NoWait(threading.Event):
    """Waits on that clock."""

    def __init__(self, beats: Beats) -> None:
        super().__init__()
        self.beats = beats

    def wait(self, timeout: float | None = None) -> bool:
        self.beats.sleep(timeout or 0.0)
        return self.is_set()


def pulse(lost: set[int], *, end: str) -> tuple[Pulse, Beats]:
    host = fakes.standard_host()
    armed = fakes.armed(host)
    apply_phase(armed, host, "prepare", fakes.Time().now)
    journal.write(host, armed.layout.journal, fakes.NOON, end)
    beats = Beats(host, lost)
    made = Pulse(armed.layout, None, beats.connect, beats)  # type: ignore[arg-type]  # all that it asks
    made.over = NoWait(beats)
    return made, beats


def test_an_answer_that_is_lost_is_kept_as_lost_and_a_new_connection_is_made() -> None:
    made, beats = pulse({1, 2}, end="confirmed: the change stays")
    made.run()
    assert [answer.rtt_ms is None for answer in made.answers] == [True, True, False]
    assert len(beats.connected) == 3
    assert made.answers[0].at_s == 0.0
    assert made.answers[2].at_s > made.answers[1].at_s


def test_a_host_that_stays_out_of_reach_is_not_knocked_at_more_and_more() -> None:
    made, beats = pulse(set(range(1, 9)), end="confirmed: the change stays")
    made.run()
    gaps = [later - earlier for earlier, later in pairwise(beats.connected)]
    assert gaps[0] < 1
    assert gaps[-1] > 29


def test_it_asks_no_more_once_the_change_is_over() -> None:
    for end in ("confirmed: the change stays", "stood down: the host moved on"):
        made, beats = pulse(set(), end=end)
        made.run()
        assert beats.asked == 1
        assert made.heard.is_set()
    made, _ = pulse(set(), end="undo (deadline): finished: the host is as before")
    made.run()
    assert made.signs is not None
    assert made.signs.over


def test_until_when_the_host_waits_is_what_its_manifest_says() -> None:
    made, _ = pulse(set(), end="confirmed: the change stays")
    made.run()
    assert made.signs is not None
    assert made.signs.deadline is not None
    assert made.signs.deadline > fakes.NOON


def test_it_asks_beside_the_connection_of_the_change_until_that_breaks() -> None:
    made, beats = pulse({2}, end="armed")
    asked = beats.read_files
    opened: list[float] = []

    def beside() -> Host:
        opened.append(beats.seconds)
        return cast("Host", beats)

    def until_the_fourth(paths: tuple[str, ...]) -> object:
        if beats.asked == 3:
            made.over.set()
        return asked(paths)

    made.beside, beats.read_files = beside, until_the_fourth  # type: ignore[method-assign]
    made.run()
    assert [answer.rtt_ms is None for answer in made.answers] == [False, True, False, False]
    assert len(opened) == 1
    assert len(beats.connected) == 1
