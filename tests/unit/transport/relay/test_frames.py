from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.transport.relay.frames import Decoder, Frame, FrameError, encode

HEADERS = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text())
FRAMES = st.lists(st.builds(Frame, HEADERS, st.binary(max_size=300)), max_size=6)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff\0\0\0\0",
        b"\0\0\0\0\xff\xff\xff\xff",
        b"\0\0\0\2\0\0\0\0[]",
        b"\0\0\0\2\0\0\0\0{x",
        b"\0\0\0\1\0\0\0\0\xff",
        b"\0\1\x86\xa0\0\0\0\0" + b"[" * 100_000,
    ],
    ids=["huge header", "huge payload", "not an object", "not JSON", "not UTF-8", "nested"],
)
def test_what_is_no_frame_is_an_error(data: bytes) -> None:
    with pytest.raises(FrameError):
        Decoder().feed(data)


@given(FRAMES, st.data())
def test_frames_survive_being_split_at_any_byte(frames: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(encode(*frame) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    decoder, found = Decoder(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += decoder.feed(stream[start:end])
    assert found == frames


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_an_unfinished_frame_or_an_error(data: bytes) -> None:
    try:
        frames = Decoder().feed(data)
    except FrameError:
        return
    assert all(isinstance(json.dumps(frame.header), str) for frame in frames)


def test_a_frame_byte_by_byte_arrives_with_its_last_byte() -> None:
    stream = encode({"id": 1}, b"payload")
    decoder = Decoder()
    assert [decoder.feed(stream[n : n + 1]) for n in range(len(stream) - 1)] == [[]] * (
        len(stream) - 1
    )
    assert decoder.feed(stream[-1:]) == [Frame({"id": 1}, b"payload")]
