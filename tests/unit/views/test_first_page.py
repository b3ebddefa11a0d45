from __future__ import annotations

import pytest

from runbook.records.card import Card, State, Tone
from runbook.run.record import CARD_MIME
from runbook.views.first_page import data, first_page


@pytest.mark.parametrize(
    ("state", "tone"),
    [("in progress", "note"), ("armed", "warn"), ("ended", "good"), ("ended", "bad")],
)
def test_the_result_is_in_large_letters_and_the_rest_in_rows(state: State, tone: Tone) -> None:
    card = Card(state, tone, "as promised", (("host", "server-01"), ("who", "anna")))
    drawn = first_page(card)
    assert f'class="rb-first rb-{tone}"' in drawn.html()
    # The verdict at the end of the run is another output.
    assert 'class="rb-verdict' not in drawn.html()
    assert repr(drawn).splitlines()[0] == "AS PROMISED"
    assert "host  server-01" in repr(drawn)
    assert data(card)[CARD_MIME] == card.as_dict()


def test_what_a_host_says_is_no_markup() -> None:
    drawn = first_page(Card("ended", "bad", "<b>x</b>", (("result", "<script>alert(1)</script>"),)))
    assert "<script>alert" not in drawn.body
    assert "<b>x</b>" not in drawn.body
