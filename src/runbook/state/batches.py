"""The messages of a large dump, taken apart with numpy: all of one layout at once.

A full routing table has a million routes, and nearly all have the same attributes of the same
sizes. So the layout is read off one message, and all that have it are cut into columns.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any, TypeVar

import numpy as np

from runbook.state import netlink

HEADER = 16
# Of messages that are taken apart together; an index for each of their bytes is in memory.
TOGETHER = 1 << 14
# A host that sends still more layouts of one length has its messages taken apart singly.
LAYOUTS = 64
_ATTRIBUTE = Struct("=HH")
Places = dict[int, tuple[int, int]]
V = TypeVar("V", bound=Hashable)
W = TypeVar("W")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Messages of one family with the same attributes at the same places."""

    _bytes: np.ndarray[Any, np.dtype[np.uint8]]
    _places: Places

    def __len__(self) -> int:
        """How many."""
        return len(self._bytes)

    @property
    def family(self) -> int:
        """The address family: every message of NETLINK_ROUTE begins with it."""
        return int(self._bytes[0, HEADER])

    def fields(self, at: int, dtype: str) -> list[int]:
        """A number of each message, so many bytes behind its header."""
        cells = self._bytes[:, HEADER + at : HEADER + at + np.dtype(dtype).itemsize]
        found: list[int] = np.ascontiguousarray(cells).view(dtype).ravel().tolist()
        return found

    def values(self, kind: int) -> list[bytes] | list[None]:
        """An attribute of each message; None where they have none."""
        if kind not in self._places:
            return [None] * len(self)
        begin, end = self._places[kind]
        if begin == end:
            return [b""] * len(self)
        cells = np.ascontiguousarray(self._bytes[:, begin:end])
        if (cells == cells[0]).all():
            return [cells[0].tobytes()] * len(self)
        found: list[bytes] = cells.view(f"V{end - begin}").ravel().tolist()
        return found


def batches(raw: bytes, kind: int, size: int) -> Iterator[Batch]:
    """The messages of one kind; their attributes begin `size` bytes behind their headers.

    Raises ValueError for one that ends before that: left out, it would count as none.
    """
    begins: dict[int, list[np.ndarray[Any, np.dtype[np.int64]]]] = {}
    for found, begin, length, step, count in netlink.alike(raw):
        if found == kind:
            if length < HEADER + size:
                raise ValueError(f"the netlink message at byte {begin} ends in its fixed part")
            begins.setdefault(length, []).append(begin + step * np.arange(count))
    whole = np.frombuffer(raw, np.uint8)
    for length, parts in begins.items():
        places = np.concatenate(parts)
        for first in range(0, len(places), TOGETHER):
            some = places[first : first + TOGETHER]
            yield from _of_one_length(whole[some[:, None] + np.arange(length)], HEADER + size)


def _of_one_length(left: np.ndarray[Any, np.dtype[np.uint8]], start: int) -> Iterator[Batch]:
    for _ in range(LAYOUTS):
        if not len(left):
            return
        first = left[0]
        headers = list(_headers(first.tobytes(), start))
        same = left[:, HEADER] == first[HEADER]
        for begin, _, _ in headers:
            place = slice(begin, begin + _ATTRIBUTE.size)
            same &= (left[:, place] == first[place]).all(axis=1)
        yield Batch(left[same], {kind: (begin + 4, end) for begin, end, kind in headers})
        left = left[~same]
    for row in left:
        places = {kind: (begin + 4, end) for begin, end, kind in _headers(row.tobytes(), start)}
        yield Batch(row[None, :], places)


def _headers(raw: bytes, position: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end and kind of each attribute."""
    while position + _ATTRIBUTE.size <= len(raw):
        length, kind = _ATTRIBUTE.unpack_from(raw, position)
        # A length below the header's would never get to the end.
        if length < _ATTRIBUTE.size or position + length > len(raw):
            raise ValueError(f"the attribute at byte {position} of a message is cut short")
        yield position, position + length, kind & 0x3FFF
        position += (length + 3) & ~3


def attributes(raw: bytes) -> dict[int, bytes]:
    """Attributes that stand alone or in another one, by kind."""
    return {kind: raw[begin + 4 : end] for begin, end, kind in _headers(raw, 0)}


def each(values: Iterable[V], of: Callable[[V], W]) -> list[W]:
    """What becomes of each value; one that comes again is not worked out again."""
    cells = list(values)
    # Most columns of a large table have one value.
    if cells and cells.count(cells[0]) == len(cells):
        return [of(cells[0])] * len(cells)
    different = set(cells)
    if len(different) == len(cells):
        return list(map(of, cells))
    known = {value: of(value) for value in different}
    return list(map(known.__getitem__, cells))
