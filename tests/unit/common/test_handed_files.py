"""What somebody else made is read within bounds, or refused with the reason."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from runbook.common import handed_files

MIB = 1 << 20


def test_a_small_packed_file_does_not_fill_the_memory(tmp_path: Path) -> None:
    packed = gzip.compress(bytes(64 * MIB))
    assert len(packed) < MIB
    tracemalloc.start()
    try:
        with pytest.raises(OSError, match="larger than 1 MiB"):
            handed_files.unpacked(packed, tmp_path, largest=MIB)
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"text", bytes(MIB)])
def test_a_packed_file_is_unpacked_whole(tmp_path: Path, content: bytes) -> None:
    assert handed_files.unpacked(gzip.compress(content), tmp_path, largest=MIB) == content


@pytest.mark.parametrize("cut", [1, 8, 15])
def test_a_packed_file_that_is_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(EOFError):
        handed_files.unpacked(gzip.compress(b"text")[:-cut], tmp_path)


def test_a_file_larger_than_the_bound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(MIB))
    assert handed_files.read(path, largest=MIB) == bytes(MIB)
    path.write_bytes(bytes(MIB + 1))
    with pytest.raises(OSError, match="larger than 1 MiB"):
        handed_files.read(path, largest=MIB)


@pytest.mark.timeout(30)
def test_a_pipe_is_not_waited_for_and_a_device_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
            handed_files.read(path)


@pytest.mark.parametrize(
    "text", ["[1]", '"x"', "1", "null", "", "{", "[" * 200_000, '{"a":' * 9**5]
)
def test_json_of_another_shape_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        handed_files.json_object(text)
