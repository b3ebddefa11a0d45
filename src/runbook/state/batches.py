"""The messages of a large dump, taken apart with numpy: all of one layout at once.

A full routing table has a million routes, and nearly all have the same attributes of the same
sizes. So the layout is read off one message, and all that have it are cut into columns.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from runbook.state import netlink

HEADER = 16
# Of messages that are taken apart together; each of their bytes is in memory once more.
TOGETHER = 1 << 17
# A host that sends still more layouts of one length has its messages taken apart singly.
LAYOUTS = 64
Places = dict[int, tuple[int, int]]
Cells = np.ndarray[Any, np.dtype[np.uint8]]
V = TypeVar("V", bound=Hashable)
W = TypeVar("W")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Messages of one family with the same attributes at the same places."""

    _bytes: Cells
    _places: Places

    def __len__(self) -> int:
        """How many."""
        return len(self._bytes)

    @property
    def family(self) -> int:
        """The address family: every message of NETLINK_ROUTE begins with it."""
        return int(self._bytes[0, HEADER])

    def numbers(self, at: int, dtype: str) -> np.ndarray[Any, np.dtype[Any]]:
        """A number of each message, so many bytes behind its header."""
        cells = self._bytes[:, HEADER + at : HEADER + at + np.dtype(dtype).itemsize]
        return np.ascontiguousarray(cells).view(dtype).ravel()

    def each_number(self, at: int, dtype: str, of: Callable[[int], W]) -> list[W]:
        """What becomes of such a number of each message."""
        numbers = self.numbers(at, dtype)
        if (numbers == numbers[0]).all():
            return [of(int(numbers[0]))] * len(self)
        return each(numbers.tolist(), of)

    def has(self, kind: int) -> bool:
        """Whether the messages have an attribute: all of them have it, or none."""
        return kind in self._places

    def cells(self, kind: int) -> Cells:
        """The bytes of an attribute that they have: a row for each message."""
        begin, end = self._places[kind]
        return np.ascontiguousarray(self._bytes[:, begin:end])

    def each(self, kind: int, of: Callable[[bytes | None], W]) -> list[W]:
        """What becomes of an attribute of each message; None where they have none."""
        return each_cell(self.cells(kind), of) if self.has(kind) else [of(None)] * len(self)

    def only(self, which: np.ndarray[Any, np.dtype[np.bool_]]) -> Batch:
        """Those of the messages for which it says so."""
        return self if which.all() else self.at(which)

    def at(self, places: np.ndarray[Any, Any]) -> Batch:
        """The messages at these places, in this order."""
        return Batch(self._bytes[places], self._places)


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
            some = sliding_window_view(whole, length)[places[first : first + TOGETHER]]
            yield from _of_one_length(some, HEADER + size)


def _of_one_length(left: Cells, start: int) -> Iterator[Batch]:
    for _ in range(LAYOUTS):
        if not len(left):
            return
        first = left[0]
        headers = list(netlink.places(first.tobytes(), start))
        fixed = [HEADER, *(at for begin, _, _ in headers for at in range(begin, begin + 4))]
        same = (left[:, fixed] == first[fixed]).all(axis=1)
        places = {kind: (begin + 4, end) for begin, end, kind in headers}
        yield Batch(left if same.all() else left[same], places)
        left = left[~same]
    for row in left:
        places = {
            kind: (begin + 4, end) for begin, end, kind in netlink.places(row.tobytes(), start)
        }
        yield Batch(row[None, :], places)


def each_cell(cells: Cells, of: Callable[[bytes], W]) -> list[W]:
    """What becomes of the bytes of each row."""
    if not cells.size or (cells == cells[0]).all():
        return [of(cells[:1].tobytes())] * len(cells)
    return each(cells.view(f"V{cells.shape[1]}").ravel().tolist(), of)


def joined(parts: Iterable[Iterable[list[V]]]) -> list[list[V]]:
    """The columns of all batches, one behind the other; no column if there is no batch."""
    whole, *others = [list(columns) for columns in parts] or [[]]
    for columns in others:
        for column, more in zip(whole, columns, strict=True):
            column.extend(more)
    return whole


def each(values: Sequence[V], of: Callable[[V], W]) -> list[W]:
    """What becomes of each value; one that comes again is not worked out again."""
    different = set(values)
    if len(different) == len(values):
        return list(map(of, values))
    known = {value: of(value) for value in different}
    return list(map(known.__getitem__, values))
