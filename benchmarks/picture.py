"""The picture of the README: how long a host is away, by tool. Made of latest.json, as SVG.

.venv/bin/python -m benchmarks.picture outputs/bench/latest.json docs/images/outage.svg
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from benchmarks import outage
from benchmarks.measure import Row
from benchmarks.report import Report

WIDTH, LEFT, RIGHT, LINE, TOP = 760, 190, 200, 30, 58
METRIC, CASE = "longest_gap_ms", "STP on"
# Readable on a light page and on a dark one.
STYLE = (
    "text{font:13px ui-sans-serif,sans-serif;fill:#57606a}.head{font-size:15px;font-weight:600}"
    ".bar{fill:#bc4c00}.ours{fill:#1a7f37}"
    "@media(prefers-color-scheme:dark){text{fill:#c9d1d9}.bar{fill:#f0883e}.ours{fill:#3fb950}}"
)


def drawn(report: Report) -> str:
    """The picture."""
    rows = report.rows(outage.GROUP, CASE, METRIC)
    most = max(row.median for row in rows) or 1.0
    height = TOP + LINE * len(rows) + 10
    box = {"viewBox": f"0 0 {WIDTH} {height}", "role": "img", "aria-labelledby": "outage-title"}
    counts = [len(row.values) for row in rows]
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **box})
    least, most_runs = min(counts), max(counts)
    runs = "one run" if most_runs == 1 else f"median of {least} to {most_runs} runs"
    words = f"How long the host is away while its address moves onto a bridge ({CASE}, Debian 12)"
    SubElement(svg, "title", {"id": "outage-title"}).text = words
    SubElement(svg, "style").text = STYLE
    _text(svg, 0, 18, words, "head")
    _text(svg, 0, 38, f"Longest time without an answer to 1,000 pings a second, {runs}")
    for number, row in enumerate(rows):
        _bar(svg, TOP + LINE * number, row, (WIDTH - LEFT - RIGHT) / most)
    return tostring(svg, encoding="unicode") + "\n"


def _bar(svg: Element, top: int, row: Row, scale: float) -> None:
    ours = row.tool in (outage.OURS, outage.UNDO)
    wide = max(2, round(row.median * scale))
    _text(svg, 0, top + 16, row.tool)
    place = {"x": str(LEFT), "y": str(top + 3), "width": str(wide), "height": "18", "rx": "2"}
    SubElement(svg, "rect", {**place, "class": "ours" if ours else "bar"})
    _text(svg, LEFT + wide + 8, top + 16, told(row.median))


def told(milliseconds: float) -> str:
    """A time as a person says it."""
    if milliseconds >= 1000:  # noqa: PLR2004 - a second
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.0f} ms"


def _text(svg: Element, x: int, y: int, words: str, kind: str = "") -> None:
    place = {"x": str(x), "y": str(y)} | ({"class": kind} if kind else {})
    SubElement(svg, "text", place).text = words


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(drawn(Report.read(source)))
