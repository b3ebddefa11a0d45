from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.common.redact import text as redaction

WORDS = st.sampled_from(
    ["PassWord", "pSk", "eYj", "AkIa", "_CAK", "Curl", "x", "-U", " ", "=", "$"]
)


@given(st.lists(WORDS | st.text(max_size=3)).map("".join))
def test_a_hint_is_met_in_letters_of_any_size(text: str) -> None:
    assert redaction._has_hint(text) == bool(redaction._HINT.search(text))  # noqa: SLF001 - one question, asked in two ways
