from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from runbook.views import Look, Picture, card, fold, note, table
from runbook.views.findings import verdict

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
    inert = text.replace("<", "").replace("&", "")
    plain = [picture.body for picture in every_picture_of(inert)]
    drawn = [picture.body for picture in every_picture_of(text)]
    for before, after in zip(plain, drawn, strict=True):
        assert before.count("<") == after.count("<")


def test_a_long_table_says_how_much_it_does_not_show() -> None:
    picture = table(pd.DataFrame({"n": range(100_000)}), Look(limit=60))
    assert "99,940 more rows" in picture.body
    assert "99,940 more rows" in picture.text
    assert len(picture.body) < 20_000


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
