"""Addresses and prefixes as text, a whole column at once.

A large table has another address in each row, and `inet_ntop` takes most of the time that its
decoding takes. IPv4 has only 256 words, so its texts are put together by numpy.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from operator import add
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any

import numpy as np

from runbook.state.batches import Batch, Cells, each, each_cell

IPV4_BYTES, IPV6_BYTES = 4, 16


def in_text_order(batch: Batch, kind: int) -> Batch:
    """The messages in the order of such an address as a text, if that is easily told.

    Rows are sorted by their texts. If these come in order, and lie so in memory, that costs little.
    """
    if not len(batch) or not batch.has(kind):
        return batch
    cells = batch.cells(kind)
    if batch.family == AF_INET and cells.shape[1] == IPV4_BYTES:
        return batch.at(np.argsort(_RANK[cells].view(">u4").ravel(), kind="stable"))
    if batch.family == AF_INET6 and cells.shape[1] == IPV6_BYTES:
        # Nearly so: a word's text has no zeros in front.
        return batch.at(np.lexsort(cells.view(">u8").T[::-1]))
    return batch


def addresses(family: int, cells: Cells) -> list[str]:
    """The text of each address; ValueError if they are not as long as those of the family."""
    if family == AF_INET and cells.shape[1] == IPV4_BYTES:
        return _texts(_dotted(cells))
    return each_cell(cells, partial(inet_ntop, family))


def prefixes(family: int, cells: Cells, bits: np.ndarray[Any, np.dtype[np.uint8]]) -> list[str]:
    """The same with the length of each prefix behind it."""
    if family == AF_INET and cells.shape[1] == IPV4_BYTES:
        return _texts(_dotted(cells), _LENGTH[bits])
    return list(map(add, addresses(family, cells), each(bits.tolist(), "/{}".format)))


def _spelled(words: Iterable[str]) -> Cells:
    """A row of characters for each word; behind a short one, NUL."""
    return np.array([word.encode() for word in words])[:, None].view(np.uint8)


_OCTET, _OCTET_DOT, _LENGTH = (
    _spelled(form.format(number) for number in range(256)) for form in ("{}", "{}.", "/{}")
)
# Of each octet among all of them as texts: 0, 1, 10, 100, 101. A dot, a slash and the end of the
# text come before every digit.
_RANK = np.argsort(sorted(range(256), key=str)).astype(np.uint8)


def _dotted(cells: Cells) -> Cells:
    first = _OCTET_DOT[cells[:, :-1]].reshape(len(cells), -1)
    return np.hstack((first, _OCTET[cells[:, -1]]))


def _texts(*characters: Cells) -> list[str]:
    """The characters of each row, one column behind the other."""
    ends = np.full((len(characters[0]), 1), ord("\n"), np.uint8)
    text = np.hstack((*characters, ends)).tobytes().translate(None, b"\0").decode()
    return text.split("\n")[:-1]
