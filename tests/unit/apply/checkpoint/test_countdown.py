from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes

from runbook.apply.checkpoint import countdown, layout
from runbook.apply.checkpoint.countdown import Countdown, seconds
from runbook.apply.checkpoint.layout import Layout
from runbook.common.errors import ReadFailed
from runbook.transport.host import Completed

PLACE = Layout(fakes.CHANGE)
BOOT = "\n\n".join(f"Id={unit}\nActiveState=inactive" for unit in layout.UNIT_TEXTS)


def unit(name: str, state: str, elapse: str = "") -> str:
    span = f"\nNextElapseUSecMonotonic={elapse}" if elapse else ""
    return f"Id={name}\nActiveState={state}{span}\n\n"


def host(units: str, now: str = "1000.5") -> fakes.FakeHost:
    def systemctl(argv: Sequence[str]) -> Completed | None:
        return Completed((), 0, (units + BOOT).encode(), b"") if argv[0] == "systemctl" else None

    def python(argv: Sequence[str]) -> Completed | None:
        return Completed((), 0, f"{now}\n".encode(), b"") if argv[0] == "python3" else None

    return fakes.FakeHost(answers=[systemctl, python])


def test_no_unit_at_all_is_no_countdown() -> None:
    assert countdown.read(host(""), PLACE) == Countdown(running=False)


def test_a_systemd_that_does_not_answer_is_not_taken_for_one_without_timers() -> None:
    fails = Completed((), 1, b"", b"Failed to connect to bus")
    there = fakes.FakeHost(answers=[lambda argv: fails if argv[0] == "systemctl" else None])
    with pytest.raises(ReadFailed, match="Failed to connect to bus"):
        countdown.read(there, PLACE)


def test_a_timer_that_elapsed_or_was_stopped_does_not_run() -> None:
    told = countdown.read(host(unit(f"{PLACE.timer(1)}.timer", "inactive")), PLACE)
    assert not told.running


def test_the_seconds_left_are_counted_on_the_host_s_own_clock() -> None:
    timers = unit(f"{PLACE.timer(1)}.timer", "active", "17min 12.5s")
    assert countdown.read(host(timers), PLACE) == Countdown(running=True, left_s=32.0)


def test_of_two_timers_the_earlier_counts() -> None:
    timers = unit(f"{PLACE.timer(2)}.timer", "active", "20min") + unit(
        f"{PLACE.timer(1)}.timer", "active", "17min"
    )
    assert countdown.read(host(timers), PLACE).left_s == 19.5


def test_a_timer_that_does_not_say_when_still_runs() -> None:
    timers = unit(f"{PLACE.timer(1)}.timer", "active", "infinity")
    assert countdown.read(host(timers), PLACE) == Countdown(running=True, left_s=None)


@pytest.mark.parametrize(
    "name", [f"{PLACE.timer(1)}.service", "runbook-undo-x-120000.service", layout.EARLY]
)
def test_an_undo_at_work_is_seen(name: str) -> None:
    told = countdown.read(host(unit(name, "activating")), PLACE)
    assert told == Countdown(running=False, at_work=True)


UNITS = {"y": 31557600_000_000, "month": 2629800_000_000, "w": 604800_000_000, "d": 86400_000_000}
UNITS |= {"h": 3600_000_000, "min": 60_000_000}


@given(st.integers(1, 10**17))
def test_a_span_is_read_as_systemd_writes_it(microseconds: int) -> None:
    words, left = [], microseconds
    for name, size in UNITS.items():
        if left >= size:
            words.append(f"{left // size}{name}")
            left %= size
    words += [f"{left / 1e6:.6f}s"] if left >= 1_000_000 else [f"{left}us"] if left else []
    assert seconds(" ".join(words)) == pytest.approx(microseconds / 1e6)


@pytest.mark.parametrize("span", ["", "infinity", "n/a"])
def test_no_span_is_not_taken_for_no_time(span: str) -> None:
    assert seconds(span) is None
