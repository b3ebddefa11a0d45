from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import get_args

import pytest

from runbook import views
from runbook.views import StageMark, StepShown
from runbook.views.board import SIGNS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_each_mark_has_a_sign_of_its_own_and_its_word_so_that_no_colour_is_needed() -> None:
    assert set(SIGNS) == set(get_args(StageMark))
    assert len(set(SIGNS.values())) == len(SIGNS)
    for mark in SIGNS:
        drawn = views.board([("plan", mark)], "This run")
        assert mark in drawn.body
        assert SIGNS[mark] in drawn.text


def test_a_stage_s_name_is_no_markup() -> None:
    assert "<b>" not in views.board([("<b>plan", "done")], "This run").body


@pytest.mark.parametrize(
    ("left", "shown"), [(125.9, "2:05"), (60.0, "1:00"), (0.4, "0:00"), (-3.0, "0:00")]
)
def test_the_countdown_is_in_minutes_and_seconds(left: float, shown: str) -> None:
    drawn = views.countdown(left, NOON)
    assert drawn.text.startswith(f"{shown} until the host undoes the change")
    assert 'role="timer"' in drawn.body


def test_the_deadline_is_in_utc_and_in_the_time_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert views.countdown(60.0, NOON).text.endswith("at 12:00:00 UTC, 21:00:00 local time")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert views.countdown(60.0, NOON).text.endswith("at 12:00:00 UTC")


def test_where_there_is_nothing_to_count_it_says_what_is_the_case() -> None:
    assert views.countdown(5.0, NOON, "the change is over").text == "the change is over"


def test_a_phase_tells_how_many_of_its_steps_are_made_and_which_one_failed() -> None:
    shown = [
        StepShown(1, "mkdir -p /etc/x", "done", 0.25),
        StepShown(2, "virsh net-start routed", "failed"),
        StepShown(3, "ip link set dev x up"),
    ]
    text = views.steps(shown, "Phase network").text
    assert "Phase network: 1 of 3 steps made" in text
    assert "✗ failed" in text
    assert "0.25 s" in text
    assert "○ to come" in text
