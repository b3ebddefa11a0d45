"""Widths of a printed table's columns, from the lengths of its texts.

A printer that has to find them itself lays each text out letter by letter, since a long word may
be broken anywhere. That took two thirds of the time of a PDF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# So many letters of 8 pt are as wide as a sheet of A4, landscape.
ROOM = 158
# A cell has some room on both sides.
PADDING = 2
CELLS = ("td", "th")
# Text of these goes on in the line of the text around them.
IN_LINE = ("a", "b", "code", "em", "i", "span", "strong")
# What has these has another width than its text.
DRAWN = ("svg", "table", "img")


def fix_columns(document: Element) -> None:
    """Write into each of our tables how wide its columns are, if its texts say that."""
    ours = [div for div in document.iter("div") if "rb" in div.get("class", "").split()]
    for table in [table for div in ours for table in div.iter("table")]:
        rows = [[cell for cell in row if cell.tag in CELLS] for row in table.iter("tr")]
        if _is_plain(table, rows):
            _fix(table, rows)


def widths(lengths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """As long as the texts; if they need more than the room, the longest ones get less.

    No column is narrower than its `least`, the longest word of its head, which is not broken.
    """
    wide = list(lengths)
    while (over := sum(wide) - room) > 0:
        top = max(wide)
        longest = [n for n, width in enumerate(wide) if width == top]
        below = max([width for width in wide if width < top], default=1)
        less = max(min(top - below, -(-over // len(longest))), 1)
        if top - less < 1:
            break
        for column in longest:
            wide[column] = top - less
    return [max(pair) for pair in zip(wide, least, strict=True)]


def _is_plain(table: Element, rows: Sequence[Sequence[Element]]) -> bool:
    """Whether each row has the same cells, and each cell only text."""
    spans = any("colspan" in cell.attrib or "rowspan" in cell.attrib for r in rows for cell in r)
    drawn = any(element.tag in DRAWN for element in table.iter() if element is not table)
    return bool(rows and rows[0]) and len({len(row) for row in rows}) == 1 and not (spans or drawn)


def _fix(table: Element, rows: Sequence[Sequence[Element]]) -> None:
    columns = list(zip(*rows, strict=True))
    lengths = [max(map(_longest_line, column)) + PADDING for column in columns]
    least = [max(map(_longest_word, column)) + PADDING for column in columns]
    found = widths(lengths, least, ROOM)
    whole = sum(found)
    group = table.makeelement("colgroup", {})
    for width in found:
        style = f"width:{100 * width / whole:.2f}%"
        group.append(table.makeelement("col", {"style": style}))
    after_caption = 1 if len(table) and table[0].tag == "caption" else 0
    table.insert(after_caption, group)
    table.set("style", f"table-layout:fixed;width:{min(100 * whole / ROOM, 100):.2f}%")


def _longest_line(cell: Element) -> int:
    return max(map(len, "".join(_text(cell)).splitlines()), default=0)


def _longest_word(cell: Element) -> int:
    """Of a head only: in all other cells a word may be broken."""
    return max(map(len, "".join(_text(cell)).split()), default=0) if cell.tag == "th" else 0


def _text(element: Element) -> Iterator[str]:
    """Its text; what is not in a line of text begins a line of its own."""
    yield element.text or ""
    for child in element:
        apart = "" if child.tag in IN_LINE else "\n"
        yield apart
        yield from _text(child)
        yield apart
        yield child.tail or ""
