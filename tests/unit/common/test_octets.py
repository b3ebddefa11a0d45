from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from runbook.common import octets


@given(st.binary(max_size=60))
def test_no_byte_is_lost_and_none_of_ascii_changes(content: bytes) -> None:
    text = octets.text_of(content)
    assert octets.bytes_of(text) == content
    assert [ord(c) for c in text if c.isascii()] == [b for b in content if b < 128]


@given(st.binary(max_size=60))
def test_the_coding_says_whether_all_of_it_is_utf8(content: bytes) -> None:
    text = octets.text_of(content)
    assert (octets.coding_of(text) == "utf-8") == (content.decode(errors="ignore") == text)


@given(st.text(st.characters(), max_size=20))
def test_json_is_utf8_and_says_the_same(text: str) -> None:
    told = octets.valid_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(told.encode().decode()) == [text]
