"""Round trips over time as a line: how the host answered while its network was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from xml.etree.ElementTree import Element, SubElement

from runbook.run.pulse import Answer
from runbook.views.page.picture import Picture, plain, safe, stack
from runbook.views.tables import counted
from runbook.views.wiring import svg

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 150, 56, 24, 14
# A line of more points than this says no more to the eye.
POINTS = 440
LEAST_MS = 1.0
# Between two words below the line, in pixels; at its right end stands how long it is.
ROOM = 90
END, GAP = WIDTH - 30, 8
# In the panel: the last half minute, as high as a line of text.
RECENT_S, RECENT_WIDTH, RECENT_HEIGHT = 30.0, 240, 22


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened meanwhile, to be marked."""

    at_s: float
    what: str
    matters: bool = False


def pulse(beats: Sequence[Answer], moments: Sequence[Moment], caption: str) -> Picture:
    """The line, a mark at each moment, what was lost, and all of it in a sentence."""
    words = f"{caption}: {sentence(beats)}"
    head = Picture(f'<p class="rb-more">{words}</p>', words)
    if not beats:
        return head
    return Picture(_drawing(beats, moments, (caption, words)) + head.body, head.text)


def sentence(beats: Sequence[Answer]) -> str:
    """How many were asked, how many were lost, the longest and the median answer."""
    took = sorted(beat.rtt_ms for beat in beats if beat.rtt_ms is not None)
    lost = len(beats) - len(took)
    if not took:
        return f"{counted(len(beats), 'question')}, none answered"
    middle, longest = took[len(took) // 2], took[-1]
    return (
        f"{counted(len(beats), 'question')}, {lost} not answered;"
        f" longest answer {longest:.1f} ms, median {middle:.1f} ms"
    )


def pulse_now(beats: Sequence[Answer]) -> Picture:
    """The answers of the last 30 s as a small line, and the newest answer in words."""
    if not beats:
        return stack(())
    words = _newest(beats)
    body = f'<p class="rb-now">{_recent(beats)}<span>{safe(words)}</span></p>'
    return Picture(body, plain(words))


def _newest(beats: Sequence[Answer]) -> str:
    lost, newest = sum(beat.rtt_ms is None for beat in beats), beats[-1].rtt_ms
    asked = f"{counted(len(beats), 'question')}, {lost} not answered"
    if newest is None:
        return f"Host does not answer; {asked}"
    return f"Host answers in {newest:.1f} ms; {asked}"


def _recent(beats: Sequence[Answer]) -> str:
    """The line; the words beside it say the same, so it is no Tab stop and is not read out."""
    newest = [beat for beat in beats if beat.at_s >= beats[-1].at_s - RECENT_S]
    highest = max([LEAST_MS, *(b.rtt_ms for b in newest if b.rtt_ms is not None)])
    # Where there is less room, the newest answers are shown.
    cut = {"preserveAspectRatio": "xMaxYMid slice", "aria-hidden": "true"}
    size = {"viewBox": f"0 0 {RECENT_WIDTH} {RECENT_HEIGHT}", **cut}
    root = Element("svg", {**size, "width": str(RECENT_WIDTH), "height": str(RECENT_HEIGHT)})
    line = svg.group(root, "rb-pulse")
    places = [(_recent_x(beat, beats[-1]), beat.rtt_ms) for beat in newest]
    drawn = [(x, _recent_y(rtt_ms / highest)) for x, rtt_ms in places if rtt_ms is not None]
    points = " ".join(f"{x},{y}" for x, y in drawn)
    SubElement(line, "polyline", {"class": "rb-wire", "points": points})
    for x in (x for x, rtt_ms in places if rtt_ms is None):
        _words(root, x, RECENT_HEIGHT - 6, "✗")
    return svg.done(root)


def _recent_x(beat: Answer, newest: Answer) -> int:
    return RECENT_WIDTH - 6 - round((RECENT_WIDTH - 12) * (newest.at_s - beat.at_s) / RECENT_S)


def _recent_y(part: float) -> int:
    return RECENT_HEIGHT - 2 - round((RECENT_HEIGHT - 4) * part)


def _drawing(beats: Sequence[Answer], moments: Sequence[Moment], texts: tuple[str, str]) -> str:
    root = svg.canvas(WIDTH, HEIGHT, texts)
    end = max(beats[-1].at_s, 1.0)
    highest = max([LEAST_MS, *(b.rtt_ms for b in beats if b.rtt_ms is not None)])
    scale = _Scale(end, highest)
    _axes(root, scale)
    _moments(root, moments, scale)
    line = svg.group(root, "rb-pulse")
    points = " ".join(scale.point(beat) for beat in _fewer(beats) if beat.rtt_ms is not None)
    SubElement(line, "polyline", {"class": "rb-wire", "points": points})
    for beat in beats:
        if beat.rtt_ms is None:
            _words(root, scale.x(beat.at_s), HEIGHT - BOTTOM - 4, "✗")
    return svg.done(root)


@dataclass(frozen=True, slots=True)
class _Scale:
    end_s: float
    highest_ms: float

    def x(self, at_s: float) -> int:
        return LEFT + round((WIDTH - LEFT - 8) * at_s / self.end_s)

    def y(self, rtt_ms: float) -> int:
        return HEIGHT - BOTTOM - round((HEIGHT - BOTTOM - TOP) * rtt_ms / self.highest_ms)

    @property
    def length(self) -> str:
        return f"{self.end_s:.0f} s"

    def below(self, words: str, at_s: float) -> int:
        """The middle of words for a moment, as near to it as leaves them in the clear."""
        taken = svg.wide(words, svg.SMALL) + svg.wide(self.length, svg.SMALL)
        return min(max(self.x(at_s), LEFT + 30), END - ceil(taken / 2) - GAP)

    def point(self, beat: Answer) -> str:
        return f"{self.x(beat.at_s)},{self.y(beat.rtt_ms or 0.0)}"


def _axes(root: Element, scale: _Scale) -> None:
    base = HEIGHT - BOTTOM
    svg.box(root, svg.Rect(LEFT, TOP, WIDTH - LEFT - 8, base - TOP), "rb-host")
    _words(root, LEFT // 2, TOP + 10, f"{scale.highest_ms:.0f} ms")
    _words(root, LEFT // 2, base, "0 ms")
    _words(root, END, HEIGHT - 6, scale.length)


def _words(root: Element, middle: int, bottom: int, words: str) -> None:
    wide = ceil(svg.wide(words, svg.SMALL)) + 1
    place = svg.Rect(middle - wide // 2, bottom - svg.SMALL, wide, svg.SMALL)
    svg.text(root, place, words, "rb-small", svg.SMALL)


def _moments(root: Element, moments: Sequence[Moment], scale: _Scale) -> None:
    """A line each; words where there is room, and always for the one that matters."""
    named = [m for m in moments if m.matters]
    taken = [scale.x(m.at_s) for m in named]
    for moment in moments:
        x = scale.x(moment.at_s)
        if not moment.matters and all(abs(x - other) >= ROOM for other in taken):
            named.append(moment)
            taken.append(x)
        look = "rb-tick rb-cut" if moment.matters else "rb-tick"
        svg.path(svg.group(root, look), [(x, TOP), (x, HEIGHT - BOTTOM)])
    for moment in named:
        _words(root, scale.below(moment.what, moment.at_s), HEIGHT - 6, moment.what)


def _fewer(beats: Sequence[Answer]) -> Sequence[Answer]:
    """The longest of each stretch: what matters is never what is left out."""
    size = -(-len(beats) // POINTS)
    stretches = (beats[i : i + size] for i in range(0, len(beats), size))
    return [max(stretch, key=lambda beat: beat.rtt_ms or 0.0) for stretch in stretches]
