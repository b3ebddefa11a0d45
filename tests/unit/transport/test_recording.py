from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from runbook.common.errors import ReadFailed
from runbook.transport.recording import Recording

WHOLE = gzip.compress(b'{"format": "x"}' * 100)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json.gz", WHOLE[:12] + b"\xff" * 20), ("a.json", b"[" * 100_000), ("a.json", b"[]")],
    ids=["corrupt gzip", "nested deep", "no object"],
)
def test_a_damaged_recording_is_told_with_its_path(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReadFailed, match=name):
        Recording.load(path)


@pytest.mark.timeout(30)
def test_a_recording_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(ReadFailed, match="not a regular file"):
        Recording.load(tmp_path / "a.json")
