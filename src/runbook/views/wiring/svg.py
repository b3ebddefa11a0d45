"""The few shapes that a drawing needs, built as XML so that nothing has to be escaped by hand.

Text is set in a typeface of even width, so that what fits can be told without
a font at hand; what does not fit is cut, and whole in its title.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import accumulate
from xml.etree.ElementTree import Element, SubElement, tostring

from runbook.views.page.picture import plain

# Of the even typefaces that browsers choose, none is wider than this many times its size.
EM = 0.61
SMALL, BODY, HEAD = 11, 12, 13
CUT = "…"
# Our own signs, which those typefaces have.
SIGNS = frozenset("…·")


@dataclass(frozen=True, slots=True)
class Rect:
    """A place in the drawing, in pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def middle(self) -> int:
        """Where a wire meets a side."""
        return self.y + self.h // 2

    @property
    def right(self) -> int:
        """The right side."""
        return self.x + self.w


def canvas(width: int, height: int, texts: tuple[str, str]) -> Element:
    """An empty drawing; `told` is its name and what it shows, for those who do not see it.

    Without an id, so that the same host drawn twice is the same text twice.
    """
    name, label = "http://www.w3.org/2000/svg", plain(texts[1])
    size = {"viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)}
    # In a narrow window a drawing moves sideways in its frame; with the focus on it, by arrow keys.
    focus = {"role": "img", "aria-label": label, "tabindex": "0"}
    svg = Element("svg", {"xmlns": name, **focus, **size})
    SubElement(svg, "title").text = plain(texts[0])
    return svg


def group(parent: Element, name: str) -> Element:
    """Shapes that look alike."""
    return SubElement(parent, "g", {"class": name})


def box(parent: Element, place: Rect, name: str = "rb-box") -> None:
    """A rectangle with round corners."""
    size = {"x": place.x, "y": place.y, "width": place.w, "height": place.h, "rx": 5}
    SubElement(parent, "rect", {"class": name, **{k: str(v) for k, v in size.items()}})


def text(parent: Element, place: Rect, words: str, name: str, size: int = BODY) -> None:
    """A line of text on the bottom of `place`, cut to its width; nothing where it has no words.

    `name` is its class; with the word rb-end in it, the line ends at the right side.
    """
    whole = plain(words).replace("\n", " ")
    if not whole:
        return
    shown = fitting(whole, place.w, size)
    at_end = "rb-end" in name.split()
    x, anchor = (place.right, "end") if at_end else (place.x, "start")
    where = {"x": str(x), "y": str(place.y + place.h), "text-anchor": anchor, "class": name}
    if not all(letter.isascii() or letter in SIGNS for letter in shown):
        # Another script may come from a wider typeface; it is held to the room it was given.
        where |= {"textLength": str(round(wide(shown, size))), "lengthAdjust": "spacingAndGlyphs"}
    element = SubElement(parent, "text", where)
    if shown == whole:
        element.text = shown
    else:
        title = SubElement(element, "title")
        title.text, title.tail = whole, shown


def fitting(words: str, width: int, size: int) -> str:
    """The words, or as many of their letters as go into so many pixels, and an ellipsis."""
    if wide(words, size) <= width:
        return words
    ends = accumulate(_cells(letter) * EM * size for letter in CUT + words)
    return words[: max(0, sum(end <= width for end in ends) - 1)] + CUT


def wide(words: str, size: int) -> float:
    """The room that the words take at most, in pixels."""
    return sum(_cells(letter) for letter in words) * EM * size


def _cells(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def path(parent: Element, points: list[tuple[int, int]], name: str = "rb-wire") -> None:
    """A line through these points."""
    drawn = "M" + "L".join(f"{x} {y}" for x, y in points)
    SubElement(parent, "path", {"class": name, "d": drawn})


def arrowhead(parent: Element, tip: tuple[int, int]) -> None:
    """An arrow's end, pointing down."""
    x, y = tip
    shape = f"M{x - 5} {y - 10}L{x + 5} {y - 10}L{x} {y}Z"
    SubElement(parent, "path", {"class": "rb-tip", "d": shape})


def arrowhead_right(parent: Element, tip: tuple[int, int]) -> None:
    """An arrow's end, pointing right."""
    x, y = tip
    shape = f"M{x - 10} {y - 5}L{x - 10} {y + 5}L{x} {y}Z"
    SubElement(parent, "path", {"class": "rb-tip", "d": shape})


def done(svg: Element) -> str:
    """The drawing as text."""
    return tostring(svg, encoding="unicode")
