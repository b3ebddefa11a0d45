"""Frames on a byte stream: two lengths, a JSON header, a binary payload.

Both ends use this module, so the format is written once. Lengths are 32-bit,
big-endian, in bytes. Whatever a login shell prints before the relay speaks is
told apart by MAGIC, which comes once before the first frame.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Dict, List, NamedTuple

MAGIC = b"\0runbook-relay 1\n"
HEADER_LIMIT = 1 << 24
# A table of a million routes has half of it.
PAYLOAD_LIMIT = 1 << 28
_LENGTHS = struct.Struct(">II")


class FrameError(Exception):
    """What arrived is not a frame; the stream cannot be trusted any more."""


class Frame(NamedTuple):
    """One message: a JSON object and the bytes that go with it."""

    header: Dict[str, Any]
    payload: bytes


def encode(header: Dict[str, Any], payload: bytes = b"") -> bytes:
    """One frame as it travels."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > HEADER_LIMIT or len(payload) > PAYLOAD_LIMIT:
        raise FrameError("too large for one frame: %d + %d bytes" % (len(text), len(payload)))
    return _LENGTHS.pack(len(text), len(payload)) + text + payload


class Decoder:
    """Frames out of a stream that arrives in pieces of any size."""

    def __init__(self) -> None:
        """Start between two frames."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> List[Frame]:
        """Take the next piece; every frame that it completes."""
        self._buffer += data
        frames: List[Frame] = []
        while True:
            frame = self._next()
            if frame is None:
                return frames
            frames.append(frame)

    def _next(self) -> Frame | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        head, body = _LENGTHS.unpack_from(self._buffer)
        if head > HEADER_LIMIT or body > PAYLOAD_LIMIT:
            raise FrameError("a frame of %d + %d bytes was announced" % (head, body))
        start, end = _LENGTHS.size + head, _LENGTHS.size + head + body
        if len(self._buffer) < end:
            return None
        text, payload = bytes(self._buffer[_LENGTHS.size : start]), bytes(self._buffer[start:end])
        del self._buffer[:end]
        return Frame(_object(text), payload)


def _object(text: bytes) -> Dict[str, Any]:
    try:
        header = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise FrameError("a header is not JSON: %r" % text[:80]) from error
    if not isinstance(header, dict):
        raise FrameError("a header is not an object: %r" % text[:80])
    return header
