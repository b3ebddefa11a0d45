"""The wiring as a drawing: router, cable, NIC, bridge, guests, from left to right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from runbook.state.snapshot import Snapshot
from runbook.views import svg
from runbook.views.picture import Picture, plain, safe
from runbook.views.svg import Rect
from runbook.views.topology import Bridge, Line, Port, Wiring
from runbook.views.topology import wiring as read

ROUTER, NIC, BRIDGE, TAP = (10, 150), (232, 176), (460, 190), (700, 180)
HOST_X, WIDTH, TOP, GAP = 212, 900, 52, 16
TALL, LOW = 62, 40
# More guests than this say no more in a drawing.
MOST_TAPS = 12
LEGEND = "Green: new or changed. Pale: as before. Amber: the host's own address."


@dataclass(frozen=True, slots=True)
class _Known:
    """What was there before: drawn pale. Nothing known, nothing is pale."""

    parts: frozenset[Port | Bridge] | None = None
    wires: frozenset[tuple[str, str]] = frozenset()

    def look(self, part: Port | Bridge) -> str:
        """The class of a box."""
        if self.parts is None:
            return "rb-plain"
        return "rb-same" if part in self.parts else "rb-new"

    def wire(self, left: str, right: str) -> str:
        """The class of a wire."""
        if self.parts is None:
            return "rb-plain"
        return "rb-same" if (left, right) in self.wires else "rb-new"


def wiring(seen: Snapshot, address: str, before: Snapshot | None = None) -> Picture:
    """The host's wiring; against `before`, what is as it was is pale, what is new is green.

    `address`, with or without prefix length, is marked wherever it is.
    """
    ip = address.partition("/")[0]
    now = read(seen, ip)
    if before is None:
        return Picture(_drawing(now, _Known()), _words(now))
    then = read(before, ip)
    drawing = _drawing(now, _Known(then.parts(), then.wires()))
    return Picture(f'{drawing}<p class="rb-more">{LEGEND}</p>', _words(now))


def _drawing(now: Wiring, known: _Known) -> str:
    lines = [_cut(line) for line in now.lines]
    heights = [_height(line) for line in lines]
    height = TOP + sum(heights) + GAP * len(lines) + 14
    root = svg.canvas(WIDTH, height, f"Wiring of {now.host}")
    svg.box(root, Rect(HOST_X, 8, WIDTH - HOST_X - 8, height - 16), "rb-host")
    svg.text(root, (HOST_X + WIDTH) // 2, 30, now.host, "rb-head")
    top = TOP
    for line, tall in zip(lines, heights, strict=True):
        _draw_line(root, line, Rect(0, top, WIDTH, tall), known)
        top += tall + GAP
    return svg.done(root)


def _cut(line: Line) -> Line:
    if len(line.taps) <= MOST_TAPS:
        return line
    left = len(line.taps) - MOST_TAPS
    return replace(line, taps=(*line.taps[:MOST_TAPS], Port("…", label=f"and {left} more guests")))


def _height(line: Line) -> int:
    nics = len(line.nics) * (TALL + GAP) - GAP
    taps = len(line.taps) * (LOW + GAP // 2) - GAP // 2
    return max(TALL, nics, taps)


def _draw_line(root: Element, line: Line, area: Rect, known: _Known) -> None:
    nics = _places(NIC, TALL, area, len(line.nics))
    taps = _places(TAP, LOW, area, len(line.taps))
    bridge = Rect(BRIDGE[0], area.middle - TALL // 2, BRIDGE[1], TALL)
    if line.gateway:
        _router(root, line, area, nics[0] if nics else bridge)
    if line.bridge is not None:
        for port, place in [*zip(line.nics, nics, strict=True), *zip(line.taps, taps, strict=True)]:
            _connect(root, place, bridge, known.wire(port.name, line.bridge.name))
        _bridge(root, line.bridge, bridge, known)
    for port, place in zip(line.nics, nics, strict=True):
        _nic(root, port, place, known)
    for port, place in zip(line.taps, taps, strict=True):
        _tap(root, port, place, known)


def _places(column: tuple[int, int], tall: int, area: Rect, count: int) -> list[Rect]:
    gap = GAP if tall == TALL else GAP // 2
    first = area.middle - (count * (tall + gap) - gap) // 2
    return [Rect(column[0], first + i * (tall + gap), column[1], tall) for i in range(count)]


def _router(root: Element, line: Line, area: Rect, first: Rect) -> None:
    place = Rect(ROUTER[0], area.middle - TALL // 2, ROUTER[1], TALL)
    part = svg.group(root, "rb-plain")
    svg.wire(part, (place.x + place.w, place.middle), (first.x, first.middle))
    svg.text(part, (place.x + place.w + HOST_X) // 2, place.middle - 7, "cable", "rb-small")
    svg.box(part, place)
    middle = place.x + place.w // 2
    svg.text(part, middle, place.y + 26, "router", "rb-head")
    svg.text(part, middle, place.y + 46, line.gateway, "rb-mono")


def _connect(root: Element, place: Rect, bridge: Rect, look: str) -> None:
    part = svg.group(root, look)
    if place.x < bridge.x:
        svg.wire(part, (place.x + place.w, place.middle), (bridge.x, bridge.middle))
    else:
        svg.wire(part, (bridge.x + bridge.w, bridge.middle), (place.x, place.middle))


def _bridge(root: Element, bridge: Bridge, place: Rect, known: _Known) -> None:
    head = f"{bridge.name} · {bridge.stp}" if bridge.stp else bridge.name
    part = svg.group(root, known.look(bridge))
    _named(part, place, head, _held(bridge), marked=bridge.holds)


def _nic(root: Element, port: Port, place: Rect, known: _Known) -> None:
    head = port.name if port.up else f"{port.name} · down"
    below = _held(port) if port.addresses or not port.state else (f"port, {port.state}", False)
    part = svg.group(root, known.look(port))
    _named(part, place, head, below, marked=port.holds)


def _held(part: Port | Bridge) -> tuple[str, bool]:
    if not part.addresses:
        return "no address", False
    more = f" +{len(part.addresses) - 1}" if len(part.addresses) > 1 else ""
    return part.addresses[0] + more, True


def _named(part: Element, place: Rect, head: str, below: tuple[str, bool], *, marked: bool) -> None:
    middle = place.x + place.w // 2
    svg.box(part, place)
    words, is_address = below
    if marked:
        svg.box(part, Rect(place.x + 10, place.y + 32, place.w - 20, 22), "rb-holds")
    svg.text(part, middle, place.y + 23, head, "rb-head")
    svg.text(part, middle, place.y + 48, words, "rb-mono" if is_address else "rb-small")


def _tap(root: Element, port: Port, place: Rect, known: _Known) -> None:
    part = svg.group(root, known.look(port))
    svg.box(part, place)
    middle = place.x + place.w // 2
    svg.text(part, middle, place.y + 17, port.label or "not a guest's", "rb-head")
    shown = f"{port.name} · {port.state}" if port.state else port.name
    svg.text(part, middle, place.y + 33, shown, "rb-small")


def _words(now: Wiring) -> str:
    return "\n".join([plain(now.host), *(f"  {_sentence(line)}" for line in now.lines)])


def _sentence(line: Line) -> str:
    ports = [f"{p.name} [{' '.join(p.addresses) or p.state or 'no address'}]" for p in line.nics]
    parts = [f"router {line.gateway}"] if line.gateway else []
    parts += [", ".join(ports)] if ports else []
    if line.bridge is not None:
        held = " ".join(line.bridge.addresses) or "no address"
        parts.append(f"{line.bridge.name} [{held}, {line.bridge.stp}]")
        guests = ", ".join(f"{tap.label or '?'} ({tap.name})" for tap in line.taps)
        parts += [guests] if guests else []
    return plain(" -- ".join(parts))


def before_and_after(before: Picture, after: Picture) -> Picture:
    """Two drawings, the first folded away."""
    folded = f"<details><summary>{safe('Before')}</summary>{before.body}</details>"
    return Picture(after.body + folded, f"{after.text}\n\nbefore:\n{before.text}")
