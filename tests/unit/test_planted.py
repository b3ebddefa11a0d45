"""What looks for planted secrets has to find them, or its silence says nothing."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import planted

WORD = "Pl4ntedS3cret07"


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text,
        gzip.compress,
        lambda text: text.hex().encode(),
        lambda text: text.decode().encode("utf-16-le"),
        lambda text: json.dumps({"a": base64.b64encode(text).decode()}).encode(),
        lambda text: json.dumps({"a": base64.encodebytes(text).decode()}).encode(),
        lambda text: json.dumps({"a": base64.b64encode(gzip.compress(text)).decode()}).encode(),
    ],
)
@pytest.mark.parametrize("before", range(60))
def test_a_word_is_found_in_whatever_way_it_is_written(
    tmp_path: Path, written: Callable[[bytes], bytes], before: int
) -> None:
    content = written(b"x" * before + WORD.encode() + b" and the rest of the line")
    (tmp_path / "file").write_bytes(content)
    assert planted.found([WORD, "another"], [tmp_path]) == [f"{WORD} in {tmp_path}/file"]
    assert planted.found_in([WORD, "another"], content) == [WORD]


def test_a_word_is_found_in_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / f"original-{WORD}").touch()
    assert planted.found([WORD], [tmp_path]) == [f"{WORD} in {tmp_path}/original-{WORD}"]
