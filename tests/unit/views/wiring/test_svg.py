from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.views.page.picture import plain
from runbook.views.wiring import svg
from runbook.views.wiring.svg import CUT, Rect, fitting, wide

WIDTH, SIZE = 200, 12


@given(st.text(max_size=120))
def test_any_words_fit_or_are_cut_with_an_ellipsis(words: str) -> None:
    shown = fitting(words, WIDTH, SIZE)
    assert wide(shown, SIZE) <= WIDTH
    assert shown == words or (shown.endswith(CUT) and words.startswith(shown[:-1]))


@given(st.text(min_size=1, max_size=120))
def test_what_is_cut_is_whole_in_its_title(words: str) -> None:
    root = svg.canvas(300, 100, ("name", "what"))
    svg.text(root, Rect(0, 0, WIDTH, SIZE), words, "rb-mono")
    (drawn,) = root.iter("text")
    title = drawn.find("title")
    told = drawn.text if title is None else title.text
    assert (told or "") == plain(words).replace("\n", " ")


def test_another_script_is_held_to_the_room_it_was_given() -> None:
    root = svg.canvas(300, 100, ("name", "what"))
    for words in ("ascii · …", "日本語のゲスト名" * 9, "\N{ARABIC LIGATURE JALLAJALALOUHOU}"):
        svg.text(root, Rect(0, 0, WIDTH, SIZE), words, "rb-mono")
    lengths = [element.get("textLength") for element in root.iter("text")]
    assert lengths[0] is None
    assert all(length and int(length) <= WIDTH for length in lengths[1:])
