from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from runbook import views
from runbook.run.pulse import Answer
from runbook.views import Moment
from runbook.views.pulse import (
    HEIGHT,
    POINTS,
    RECENT_HEIGHT,
    RECENT_S,
    RECENT_WIDTH,
    sentence,
)
from runbook.views.wiring.svg import SMALL, wide

beats = st.lists(
    st.builds(
        Answer,
        st.floats(0, 4000, allow_nan=False),
        st.none() | st.floats(0.01, 90_000, allow_nan=False),
    ),
    max_size=3 * POINTS,
)


@given(beats)
def test_the_longest_round_trip_and_each_lost_one_are_told(found: list[Answer]) -> None:
    said = views.pulse(found, (), "x").text
    took = [beat.rtt_ms for beat in found if beat.rtt_ms is not None]
    assert said == f"x: {sentence(found)}"
    assert not took or f"longest answer {max(took):.1f} ms" in said
    assert not took or f"{len(found) - len(took)} not answered" in said


def test_what_was_not_answered_is_marked_in_the_drawing() -> None:
    lost = views.pulse([Answer(0.0, 1.0), Answer(1.0, None), Answer(2.0, 1.0)], (), "x").body
    none = views.pulse([Answer(0.0, 1.0), Answer(2.0, 1.0)], (), "x").body
    assert lost.count("✗") - none.count("✗") == 1


def test_the_cutover_is_named_however_close_others_are() -> None:
    near = [Moment(1.0, "network"), Moment(1.01, "cutover", matters=True), Moment(1.02, "settle")]
    drawn = views.pulse([Answer(0.0, 1.0), Answer(60.0, 1.0)], near, "x").body
    assert ">cutover<" in drawn
    assert ">network<" not in drawn
    assert ">settle<" not in drawn


WORDS = re.compile(r'<text x="(-?\d+)" y="(\d+)"[^>]*>([^<]+)')


@given(st.floats(1, 4000), st.floats(0, 1), st.sampled_from(["settle", "confirming"]))
def test_a_moment_s_words_are_clear_of_those_at_either_end(
    end: float, part: float, what: str
) -> None:
    drawn = views.pulse([Answer(0.0, 1.0), Answer(end, 1.0)], [Moment(end * part, what)], "x").body
    below = sorted((int(x), t) for x, y, t in WORDS.findall(drawn) if int(y) > HEIGHT - SMALL)
    assert len(below) == 2
    (first, words), (second, _) = below
    assert first >= 0
    assert first + wide(words, SMALL) < second


def test_a_host_never_asked_is_said_so() -> None:
    assert "0 questions, none answered" in views.pulse((), (), "x").text


def test_the_panel_s_line_says_whether_the_host_answers_now() -> None:
    answers = [Answer(0.0, 3.0), Answer(0.1, None), Answer(0.2, 2.0)]
    assert views.pulse_now(answers).text == "Host answers in 2.0 ms; 3 questions, 1 not answered"
    silent = views.pulse_now([*answers, Answer(1.0, None)])
    assert silent.text == "Host does not answer; 4 questions, 2 not answered"
    assert silent.body.count("✗") == 2
    assert views.pulse_now(()).text == ""


PLACES = re.compile(r"(-?\d+),(-?\d+)")


@given(beats.filter(bool).map(lambda found: sorted(found, key=lambda beat: beat.at_s)))
def test_the_panel_s_line_stays_in_its_room(found: list[Answer]) -> None:
    points = PLACES.findall(views.pulse_now(found).body)
    assert all(0 <= int(x) <= RECENT_WIDTH for x, _ in points)
    assert all(0 <= int(y) <= RECENT_HEIGHT for _, y in points)
    answered = [b for b in found if b.rtt_ms is not None and b.at_s >= found[-1].at_s - RECENT_S]
    assert len(points) == len(answered)
