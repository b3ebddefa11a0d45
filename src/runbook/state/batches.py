"""The messages of a large dump, taken apart with numpy: all of one layout at once.

A full routing table has a million routes, and nearly all have the same attributes of the same
sizes. So the layout is read off one message, and all that have it are cut into columns.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any, TypeVar

import numpy as np

from runbook.state import netlink

HEADER = 16
# Bytes of messages that are taken apart together: each of them is in memory once more.
TOGETHER = 1 << 24
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
        if len(numbers) == 1 or (numbers == numbers[0]).all():
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
        if not self.has(kind):
            return [of(None)] * len(self)
        if len(self) == 1:
            # Most messages of a small host are alone with their layout.
            begin, end = self._places[kind]
            return [of(self._bytes[0, begin:end].tobytes())]
        return each_cell(self.cells(kind), of)

    def opened(self, kind: int) -> Iterator[Batch]:
        """The same messages, and what is within one of their attributes: `within` has its kinds.

        Those that have other attributes there, or have them at other places, are apart.
        """
        if not self.has(kind):
            yield self
            return
        for cells, places in _of_one_layout(self._bytes, *self._places[kind]):
            inner = {within(kind, its): place for its, place in places.items()}
            yield Batch(cells, self._places | inner)

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
    for length, parts in begins.items():
        places = np.concatenate(parts)
        # A row for each byte that a message of this length may begin with.
        rows = np.ndarray((len(raw) - length + 1, length), np.uint8, raw, 0, (1, 1))
        some = max(1, TOGETHER // length)
        for first in range(0, len(places), some):
            chosen = rows[places[first : first + some]]
            yield from starmap(Batch, _of_one_layout(chosen, HEADER + size, length))


def within(kind: int, inner: int) -> int:
    """The kind of an attribute that is within another one."""
    return kind << 16 | inner


def _of_one_layout(left: Cells, start: int, end: int) -> Iterator[tuple[Cells, Places]]:
    """The messages by their layout between these two bytes."""
    for _ in range(LAYOUTS):
        if not len(left):
            return
        first = left[0]
        headers = list(netlink.places(first[:end].tobytes(), start))
        if len(left) == 1:
            yield left, _places(headers)
            return
        begins = np.array([begin for begin, _, _ in headers], np.intp)
        fixed = np.append(begins[:, None] + range(4), HEADER)
        same = (left[:, fixed] == first[fixed]).all(axis=1)
        yield left if same.all() else left[same], _places(headers)
        left = left[~same]
    for row in left:
        yield row[None, :], _places(netlink.places(row[:end].tobytes(), start))


def _places(headers: Iterable[tuple[int, int, int]]) -> Places:
    return {kind: (begin + 4, end) for begin, end, kind in headers}


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
