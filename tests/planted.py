"""Planted secrets looked for in files, in whatever way they may be written there."""

from __future__ import annotations

import base64
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_PACKED = re.compile(rb"H4sI[A-Za-z0-9+/=_-]+")
_BREAKS = re.compile(rb"\\n|\s")


def found(words: Iterable[str], folders: Iterable[Path]) -> list[str]:
    """A line for each word that is in a file, and for each that is in a file's name."""
    sought = {word: tuple(_ways(word.encode())) for word in words}
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [f"{word} in {path}" for path in paths for word in _in_file(path, sought)]


def found_in(words: Iterable[str], content: bytes) -> list[str]:
    """The words that are in the content."""
    layers = tuple(_layers(content))
    return [word for word in words if any(_has(layer, _ways(word.encode())) for layer in layers)]


def _in_file(path: Path, sought: dict[str, tuple[bytes, ...]]) -> Iterator[str]:
    layers = (str(path).encode(), *_layers(path.read_bytes()))
    return (word for word, ways in sought.items() if any(_has(layer, ways) for layer in layers))


def _has(content: bytes, ways: Iterable[bytes]) -> bool:
    return any(way in content for way in ways)


def _ways(word: bytes) -> Iterator[bytes]:
    """As it is, as hexadecimal digits, as UTF-16, and as base64 wherever it may begin in it."""
    yield word
    yield word.hex().encode()
    yield word.decode().encode("utf-16-le")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + word)
        # The first and the last letters belong to the neighbours too.
        yield encoded[-(-before * 8 // 6) : len(encoded) - 4]


def _layers(content: bytes, depth: int = 3) -> Iterator[bytes]:
    """The content, without its line breaks, and all that is packed in it."""
    yield content
    yield _BREAKS.sub(b"", content)
    if depth:
        for packed in _packed(content):
            yield from _layers(packed, depth - 1)


def _packed(content: bytes) -> Iterator[bytes]:
    with suppress(OSError, EOFError, zlib.error):
        yield gzip.decompress(content)
    for text in _PACKED.findall(_BREAKS.sub(b"", content)):
        with suppress(OSError, EOFError, ValueError, zlib.error):
            yield gzip.decompress(base64.b64decode(text + b"==", altchars=None))
