"""A host's records as a picture: a lane for each kind of run, from the oldest to the newest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from runbook.records.timeline import TimelineRecord
from runbook.views.page.picture import Picture, note, safe, stack
from runbook.views.tables import counted
from runbook.views.wiring import svg
from runbook.views.wiring.svg import Rect

LANES = {
    "host": ("change", "revert"),
    "guests": ("guest",),
    "undo, confirm": ("undo",),
    "audits": ("audit",),
    "plans, surveys": ("plan", "survey"),
}
SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "note": "·"}
# More would be too small to read; the table has all of them.
MOST = 24
LEFT, TOP, STEP, LANE, MARK = 124, 26, 28, 30, 22
LEGEND = (
    "✓ as wanted · ! not as wanted, and the host is as it was, or less than recorded · ✗ look at"
    " the host · Below: the number in the table. An audit that finds nothing new leaves no record."
)


def timeline(records: Sequence[TimelineRecord], host: str) -> Picture:
    """The newest records, the newest on the right."""
    if not records:
        return note(f"No record of {host} is here.")
    shown = records[-MOST:]
    first = len(records) - len(shown)
    words = _in_words(records, host)
    more = "" if not first else f"The picture shows the newest {len(shown)}."
    below = f'<p class="rb-more">{safe(f"{words} {more}".strip())}<br>{safe(LEGEND)}</p>'
    body = f"{_drawing(shown, first, (f'The records of {host}', words))}{below}"
    return stack((Picture(body, f"{words} {more}".strip()),))


def sign(record: TimelineRecord) -> str:
    """How bad its result is, by one sign."""
    return SIGNS[record.tone]


def lane_of(kind: str) -> str:
    """The lane of a kind of run."""
    return next((name for name, kinds in LANES.items() if kind in kinds), "plans, surveys")


def _in_words(records: Sequence[TimelineRecord], host: str) -> str:
    counts = {name: sum(lane_of(r.entry.kind) == name for r in records) for name in LANES}
    told = ", ".join(f"{name} {number}" for name, number in counts.items() if number)
    last = records[-1].entry
    return (
        f"{host}: {counted(len(records), 'record')} ({told}); the newest: {last.kind or 'a run'},"
        f" {last.words}."
    )


def _drawing(shown: Sequence[TimelineRecord], first: int, texts: tuple[str, str]) -> str:
    width = LEFT + STEP * len(shown) + 12
    lanes = [name for name in LANES if any(lane_of(one.entry.kind) == name for one in shown)]
    root = svg.canvas(max(width, LEFT + 180), TOP + LANE * len(lanes) + 22, texts)
    for number, name in enumerate(lanes):
        _lane(root, name, TOP + LANE * number, LEFT + STEP * len(shown))
    for label, x in _days(shown):
        svg.text(root, Rect(x, 6, 90, 12), label, "rb-small", svg.SMALL)
    for number, record in enumerate(shown):
        lane = lanes.index(lane_of(record.entry.kind))
        _mark(root, record, (LEFT + STEP * number, TOP + LANE * lane))
        under = Rect(LEFT + STEP * number + 2, TOP + LANE * len(lanes) + 2, STEP, 12)
        svg.text(root, under, str(first + number + 1), "rb-small", svg.SMALL)
    return svg.done(root)


def _lane(root: Element, name: str, y: int, right: int) -> None:
    svg.text(root, Rect(4, y + 6, LEFT - 12, 14), name, "rb-head", svg.BODY)
    svg.path(svg.group(root, "rb-lane"), [(LEFT, y + LANE // 2), (right, y + LANE // 2)])


def _days(shown: Sequence[TimelineRecord]) -> Iterator[tuple[str, int]]:
    """The day above its first record, as far as there is room."""
    last, free = "", 0
    for number, record in enumerate(shown):
        day, x = record.entry.begun[:10], LEFT + STEP * number
        if day != last and x >= free:
            yield day, x
            last, free = day, x + 84


def _mark(root: Element, record: TimelineRecord, place: tuple[int, int]) -> None:
    x, y = place[0], place[1] + (LANE - MARK) // 2
    shape = svg.group(root, f"rb-is-{record.tone}")
    svg.box(shape, Rect(x, y, MARK, MARK))
    svg.text(shape, Rect(x + 6, y + 1, MARK, 14), sign(record), "rb-sign")
