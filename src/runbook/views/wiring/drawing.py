"""The wiring as a drawing: router, switch port, NIC, bridge, guests, from left to right.

Against a state before, what is new is thick and bears a plus, what is gone is
dashed and bears a minus: nobody needs to see colours to tell them apart.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from runbook.state.snapshot import Snapshot
from runbook.views.page.picture import Picture, safe
from runbook.views.wiring import layout, svg
from runbook.views.wiring.difference import rewired
from runbook.views.wiring.in_words import sentences
from runbook.views.wiring.layout import Band, Placed, placed
from runbook.views.wiring.svg import Rect
from runbook.views.wiring.topology import DefaultRoute, Fact, Mark, Node, Wire, Wiring
from runbook.views.wiring.topology import wiring as read

SIGNS: dict[Mark, str] = {"new": "+", "gone": "-"}
BADGES: dict[Mark, str] = {"new": "+ new", "gone": "- gone", "changed": "~ changed"}
# As far as the label may go before it meets the line of a route from further right.
ROUTE_W = 540
OWN = "In a frame: the host's own address."
LEGEND = "+ new, thick · ~ changed · - gone, dashed · thin: as before. "


def wiring(snapshot: Snapshot, address: str, before: Snapshot | None = None) -> Picture:
    """The host's wiring; against `before`, what is new, changed or gone stands out.

    `address`, with or without prefix length, is marked wherever it is.
    """
    ip = address.partition("/")[0]
    now = read(snapshot, ip)
    drawn = now if before is None else rewired(read(before, ip), now)
    legend = OWN if before is None else LEGEND + OWN
    told = sentences(drawn)
    body = f'{_drawing(drawn, told)}<p class="rb-more">{safe(legend)}</p>'
    return Picture(body, "\n".join(told))


def _drawing(wiring_now: Wiring, told: list[str]) -> str:
    plan = placed(wiring_now)
    name = f"The wiring of {wiring_now.host}"
    root = svg.canvas(plan.width, plan.height, (name, " ".join(told)))
    frame = Rect(layout.HOST_X, 10, plan.width - layout.HOST_X - 10, plan.height - 20)
    svg.box(root, frame, "rb-host")
    svg.text(root, Rect(frame.x + 18, 16, frame.w - 36, 18), wiring_now.host, "rb-head", svg.HEAD)
    for wire in plan.wiring.wires:
        _wire(root, wire, plan)
    for band in plan.bands:
        _outside(root, band, plan)
        for node in band.nodes:
            _node(root, node, plan.boxes[node.name])
    return svg.done(root)


def _wire(root: Element, wire: Wire, plan: Placed) -> None:
    left, right = plan.boxes[wire.left], plan.boxes[wire.right]
    # Each hub turns its wires at a place of its own, or two would look like one.
    hubs = list(dict.fromkeys(w.hub for w in plan.wiring.wires))
    turn = right.x - layout.GUTTER // 2 + (hubs.index(wire.hub) % 5 - 2) * 7
    points = [(left.right, left.middle), (turn, left.middle), (turn, right.middle)]
    svg.path(svg.group(root, f"rb-{wire.mark}"), [*points, (right.x, right.middle)])


def _outside(root: Element, band: Band, plan: Placed) -> None:
    """The band's switch ports, the router that they lead to, and its default routes."""
    names = {node.name for node in band.nodes}
    routes = [route for route in plan.wiring.routes if route.ifname in names]
    routers = [n for n in plan.wiring.nodes if n.name in {route.router for route in routes}]
    ports = [node for node in band.nodes if node.cable]
    for node in ports:
        _port(root, node, plan.boxes[node.name])
    top = band.top + band.lanes * layout.LANE
    boxes = _stacked(routers, top, band.top + band.height)
    for router in routers:
        _leads(root, boxes[router.name], [plan.boxes[node.name] for node in ports])
        _node(root, router, boxes[router.name])
    # The nearest goes lowest, so that no two cross.
    for lane, route in enumerate(sorted(routes, key=lambda r: -plan.boxes[r.ifname].x)):
        is_lower = route.router != routers[0].name
        ends = (plan.boxes[route.ifname], boxes[route.router])
        _route(root, route, ends, band.top, lane, is_lower=is_lower)


def _stacked(nodes: list[Node], top: int, bottom: int) -> dict[str, Rect]:
    whole = sum(layout.tall(node) + layout.GAP for node in nodes) - layout.GAP
    y, found = max(top, (top + bottom - whole) // 2), {}
    for node in nodes:
        found[node.name] = Rect(layout.ROUTER_X, y, layout.ROUTER_W, layout.tall(node))
        y += layout.tall(node) + layout.GAP
    return found


def _leads(root: Element, router: Rect, nics: list[Rect]) -> None:
    for nic in nics:
        turn = layout.PORT_X - 14
        ends = [(router.right, router.middle), (turn, router.middle), (turn, nic.middle)]
        svg.path(svg.group(root, "rb-plain"), [*ends, (layout.PORT_X, nic.middle)])


def _port(root: Element, nic: Node, place: Rect) -> None:
    """The cable's other end; all that is known of it is whether there is a signal."""
    mark = nic.mark if nic.mark in ("new", "gone") else "plain"
    part = svg.group(root, f"rb-{mark}" if nic.cable == "signal" else f"rb-{mark} rb-dark")
    port = Rect(layout.PORT_X, place.middle - layout.PORT_H // 2, layout.PORT_W, layout.PORT_H)
    svg.path(part, [(port.right, place.middle), (place.x, place.middle)])
    svg.box(part, port)
    inside = Rect(port.x + 8, port.y, port.w - 12, 19)
    svg.text(part, inside, "switch port", "rb-small", svg.SMALL)
    svg.text(part, Rect(inside.x, port.y + 19, inside.w, 18), nic.cable, "rb-small", svg.SMALL)


def _route(
    root: Element,
    route: DefaultRoute,
    ends: tuple[Rect, Rect],
    top: int,
    lane: int,
    *,
    is_lower: bool,
) -> None:
    """From the interface that carries it, over the band, down to the router.

    A router below another one is reached from its left, past the upper one.
    """
    carrier, router = ends
    y, x, tip = top + lane * layout.LANE + 20, carrier.x - 12, router.x + 24 + lane * 24
    part = svg.group(root, f"rb-{route.mark} rb-route")
    start = carrier.y + 14
    first = [(carrier.x, start), (x, start), (x, y)]
    if is_lower:
        aside = router.x - 12
        svg.path(part, [*first, (aside, y), (aside, router.middle), (router.x - 8, router.middle)])
        svg.arrowhead_right(part, (router.x, router.middle))
    else:
        svg.path(part, [*first, (tip, y), (tip, router.y - 8)])
        svg.arrowhead(part, (tip, router.y))
    words = f"{SIGNS.get(route.mark, '')} default route via {route.via}".strip()
    svg.text(part, Rect(tip + 10, y - 18, ROUTE_W, 13), words, "rb-mono")


def _node(root: Element, node: Node, place: Rect) -> None:
    part = svg.group(root, f"rb-{node.mark}")
    svg.box(part, place)
    inside = Rect(place.x + 12, place.y, place.w - 22, 21)
    word = round(svg.wide(node.word, svg.SMALL))
    room = Rect(inside.x, inside.y, inside.w - word - 8, inside.h)
    svg.text(part, room, node.label, "rb-head", svg.HEAD)
    svg.text(part, inside, node.word, "rb-small rb-end", svg.SMALL)
    for number, fact in enumerate(node.facts):
        _fact(part, fact, Rect(place.x, place.y + layout.HEAD + number * layout.LINE, place.w, 14))
    if badge := BADGES.get(node.mark):
        _badge(part, badge, place)


def _fact(part: Element, fact: Fact, line: Rect) -> None:
    """A line of a box, its sign before it."""
    part = svg.group(part, f"rb-fact-{fact.mark}")
    if fact.kind == "own":
        svg.box(part, Rect(line.x + 6, line.y, line.w - 12, 18), "rb-holds")
    sign = SIGNS.get(fact.mark, "")
    svg.text(part, Rect(line.x + 11, line.y, 9, 13), sign, "rb-sign")
    svg.text(part, Rect(line.x + 22, line.y, line.w - 32, 13), fact.text, "rb-mono")


def _badge(part: Element, words: str, place: Rect) -> None:
    """On the box's upper edge, where nothing else is written."""
    width = round(svg.wide(words, svg.SMALL)) + 12
    chip = Rect(place.right - width - 10, place.y - 9, width, 17)
    svg.box(part, chip, "rb-badge")
    svg.text(part, Rect(chip.x + 6, chip.y, width - 8, 13), words, "rb-small", svg.SMALL)
