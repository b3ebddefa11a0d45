from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.views import Look, Picture, card, fold, note, table
from runbook.views.findings import verdict
from runbook.views.tables import NARROW, SPACE

NASTY = "<script>alert('x')</script>\"&\x1b[31mred"


def every_picture_of(text: str) -> list[Picture]:
    frame = pd.DataFrame({text: [text], "n": [1]})
    return [
        table(frame, Look(text)),
        table(frame.head(0), Look(text, empty=text)),
        card([(text, text)], text),
        fold(text, note(text)),
        note(text),
        verdict("bad", text, [text]),
    ]


def test_what_a_host_says_cannot_become_markup_or_drive_a_terminal() -> None:
    for picture in every_picture_of(NASTY):
        assert "<script" not in picture.body
        assert "\x1b" not in picture.body
        assert "\x1b" not in repr(picture)


@given(st.text(max_size=40))
def test_no_text_at_all_breaks_a_picture(text: str) -> None:
    inert = text.replace("<", "x").replace("&", "x")
    plain = [picture.body for picture in every_picture_of(inert)]
    drawn = [picture.body for picture in every_picture_of(text)]
    for before, after in zip(plain, drawn, strict=True):
        assert before.count("<") == after.count("<")


def test_a_long_table_says_how_much_it_does_not_show() -> None:
    picture = table(pd.DataFrame({"n": range(100_000)}), Look(limit=60))
    assert "99,940 more rows" in picture.body
    assert "99,940 more rows" in picture.text
    assert len(picture.body) < 20_000


def test_a_page_shows_a_thousand_rows_and_a_log_shows_fewer() -> None:
    picture = table(pd.DataFrame({"n": range(1200), "word": "enp4s0f0"}), Look("Links"))
    assert picture.body.count("<tr>") == 1001
    assert "and 200 more rows" in picture.body
    assert picture.text.count("enp4s0f0") == 60
    assert "and 1,140 more rows" in picture.text
    assert len(picture.body) < 60_000


@pytest.mark.parametrize(("rows", "said"), [(1, "Links: 1 row"), (1234, "Links: 1,234 rows")])
def test_the_heading_counts_all_rows_whether_shown_or_not(rows: int, said: str) -> None:
    picture = table(pd.DataFrame({"n": range(rows)}), Look("Links", limit=5))
    assert f"<caption>{said}</caption>" in picture.body
    assert picture.text.splitlines()[0] == said


def test_a_long_table_can_be_found_by_the_page_s_script_and_a_short_one_is_left_alone() -> None:
    assert 'class="rb-long"' in table(pd.DataFrame({"n": range(29)})).body
    assert "rb-long" not in table(pd.DataFrame({"n": range(28)})).body


def test_a_very_long_table_scrolls_and_can_be_reached_by_keyboard() -> None:
    picture = table(pd.DataFrame({"n": range(100)}), Look("Links"))
    assert picture.body.startswith(
        '<div class="rb-scroll" role="region" aria-label="Links: 100 rows" tabindex="0">'
    )


def test_a_column_without_a_name_has_one_for_those_who_hear_it() -> None:
    assert '<th scope="col" aria-label="mark"></th>' in table(pd.DataFrame({"": ["+"]})).body


def test_an_empty_table_says_so() -> None:
    assert table(pd.DataFrame({"n": []}), Look("Guests")).text == "Guests: none"


def test_numbers_that_are_absent_are_blank_and_whole_numbers_stay_whole() -> None:
    frame = pd.DataFrame({"stp": pd.array([1, pd.NA], dtype="Int64"), "up": [True, False]})
    assert table(frame).text.split() == ["stp", "up", "1", "yes", "no"]


def test_the_text_form_keeps_columns_apart() -> None:
    frame = pd.DataFrame({"what": ["x" * 200, "two\nlines"], "to": ["a", "b"]})
    lines = table(frame).text.splitlines()
    assert lines[1].endswith("…  a")
    assert lines[2].startswith("two ; lines")


def test_a_short_wide_table_carries_its_columns_names_for_a_narrow_window() -> None:
    cells = {"": ["~"], "ifname": ["enp4s0f0"], "master <b>": ["none → virbr1"]}
    rows = pd.DataFrame({**cells, "mac": ["02:16:01:00:00:01"]})
    short = table(rows, Look("Links")).body
    assert '<table class="rb-flow">' in short
    assert '<td data-label="ifname">enp4s0f0</td>' in short
    assert 'data-label="master &lt;b&gt;"' in short
    # A sign has no name, and stands alone.
    assert "<td>~</td>" in short


def test_a_table_that_fits_in_a_narrow_window_stays_a_table() -> None:
    width = NARROW - 2 * SPACE - len("target")
    for letters, flows in ((width, False), (width + 1, True)):
        rows = pd.DataFrame({"target": ["router"], "answer": ["x" * letters]})
        drawn = table(rows, Look("Probes")).body
        assert ("rb-flow" in drawn) is flows
        assert ("data-label" in drawn) is flows


@pytest.mark.parametrize(("rows", "look"), [(29, Look("x")), (3, Look("x", flows=False))])
def test_a_long_table_and_one_of_raw_rows_scroll_and_carry_no_names(rows: int, look: Look) -> None:
    drawn = table(pd.DataFrame({"ifname": ["lo"] * rows}), look).body
    assert "data-label" not in drawn
    assert "rb-flow" not in drawn
