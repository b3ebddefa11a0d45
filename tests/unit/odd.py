"""Strategies that make a valid answer odd: cut, doubled, nested, of other sizes and types."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

DEEP = 20_000
# Among them are sizes that no answer has, brackets without end, and what ends a line elsewhere.
PIECES = (
    *(b"", b"\0", b"\xff", b"\x80\x81", b"\n", b"\r", b"\\", b'"', b"'", b"-1", b"-", b"0"),
    *(b"9" * 30, b"1e999", b"NaN", b"null", b"true", b"[]", b"{}", b"[", b"{", b"<", b"&", b"!"),
    *(b"[" * DEEP, b'{"a":' * DEEP, b"<a>" * DEEP, b" " * DEEP, b"\xff\xff\xff\xff" * 4),
    *(
        b"9" * 5000,
        b"\x00\x00\x00\x00",
        b"\x01\x00",
        b"\x1b[",
        b"source *",
        b"inet zzz",
        b"\xe2\x80\xa8",
    ),
)
LEAVES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 5, 1 << 31, 1 << 70, 1.5, math.inf, math.nan),
    *("", "a", "a" * 5000, "\0", "\udcff", "\ud800", "-1", "9" * 5000, "../..", "2026-99-99"),
    *([], {}, [[]], [None], {"a": 1}, [1, 2, 3]),
)


def odd(seeds: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of the seeds, changed in a few places; or something else of its type."""
    return st.sampled_from(range(len(seeds))).flatmap(lambda at: _odd(seeds[at]))


def _odd(seed: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 (bytes, text, or JSON)
    if isinstance(seed, bytes):
        return _edited(seed) | st.binary(max_size=200)
    if isinstance(seed, str):
        edited = _edited(seed.encode("utf-8", "surrogateescape"))
        return edited.map(_text) | st.text(max_size=200)
    return _mutated(seed) | st.sampled_from(LEAVES)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


@st.composite
def _edited(draw: st.DrawFn, seed: bytes) -> bytes:
    content = seed
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        cut = draw(st.sampled_from((0, 1, 4, 40, len(content))))
        piece = draw(st.sampled_from(PIECES) | st.just(content[at : at + 40]))
        content = content[:at] + piece + content[at + cut :]
    return content


@st.composite
def _mutated(draw: st.DrawFn, seed: Any) -> Any:  # noqa: ANN401 (JSON)
    value = copy.deepcopy(seed)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(value))
        if not places:
            break
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(("replace", "delete", "wrap", "more"))):
            case "delete":
                del holder[key]
            case "wrap":
                holder[key] = [holder[key]]
            case "more" if isinstance(holder, list):
                holder.append(holder[key])
            case _:
                holder[key] = copy.deepcopy(draw(st.sampled_from(LEAVES)))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 (JSON)
    """Each place in a value where something stands, with what holds it."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
