"""The few shapes that a drawing needs, built as XML so that nothing has to be escaped by hand."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from runbook.views.picture import plain


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


def canvas(width: int, height: int, name: str) -> Element:
    """An empty drawing, with a name for those who do not see it."""
    attributes = {"viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **attributes})
    SubElement(svg, "title").text = plain(name)
    return svg


def group(parent: Element, name: str) -> Element:
    """Shapes that look alike."""
    return SubElement(parent, "g", {"class": name})


def box(parent: Element, place: Rect, name: str = "rb-box") -> None:
    """A rectangle with round corners."""
    size = {"x": place.x, "y": place.y, "width": place.w, "height": place.h, "rx": 5}
    SubElement(parent, "rect", {"class": name, **{k: str(v) for k, v in size.items()}})


def text(parent: Element, x: int, y: int, words: str, name: str = "") -> None:
    """A line of text, its middle at x."""
    place = {"x": str(x), "y": str(y), "text-anchor": "middle", "class": name}
    SubElement(parent, "text", place).text = plain(words)


def wire(parent: Element, left: tuple[int, int], right: tuple[int, int]) -> None:
    """A connection: straight, or with one step half-way."""
    (x1, y1), (x2, y2) = left, right
    half = (x1 + x2) // 2
    path = f"M{x1} {y1}H{half}V{y2}H{x2}"
    SubElement(parent, "path", {"class": "rb-wire", "d": path})


def done(svg: Element) -> str:
    """The drawing as text."""
    return tostring(svg, encoding="unicode")
