"""What is looked for before anything else: a text without a hint is kept as it is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from runbook.common.redact import text as texts

# The same hints as a person would write them.
PLAIN = rf"{texts._ANYWHERE}|\b(?:{texts._WORDS})"  # noqa: SLF001 - their words are the test's too
ANY, SMALL = re.compile(PLAIN, re.IGNORECASE), re.compile(PLAIN.lower())
PIECES = [*re.split(r"[|?\\]+", PLAIN), *" \n-_.:/$xX1é"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join))
def test_no_text_has_a_hint_that_is_not_seen(text: str) -> None:
    seen = texts._has_hint(text)  # noqa: SLF001 - likewise
    assert seen is bool(SMALL.search(text.lower()) if text.isascii() else ANY.search(text))
