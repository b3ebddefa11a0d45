"""Where each part of a wiring goes: columns from the cable to the guests, a band a group. Pure.

No layout library: each would put what stayed somewhere else in the second
drawing, and the eye is to find what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from runbook.views.wiring.svg import Rect
from runbook.views.wiring.topology import Node, Wire, Wiring

ROUTER_X, ROUTER_W, PORT_X, PORT_W, PORT_H = 20, 186, 226, 92, 46
HOST_X, FIRST_X, BOX_W, GUTTER = 340, 358, 236, 56
TOP, LANE, GAP, BAND_GAP, MARGIN = 48, 30, 20, 30, 16
HEAD, LINE, PAD = 28, 18, 8
# More guests of one bridge than this say no more in a drawing.
MOST = 8
# Nobody stacks interfaces deeper: bond, VLAN, bridge, VLAN, bridge.
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Band:
    """Nodes that hang together, and where they are; `lanes` is room above for routes."""

    top: int
    height: int
    lanes: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """The whole drawing, in pixels."""

    width: int
    height: int
    bands: tuple[Band, ...]
    boxes: dict[str, Rect]
    wiring: Wiring


def placed(given: Wiring) -> Placed:
    """Every box has a place, and no two share one."""
    seen = _fewer(given)
    depth = _depths(seen)
    boxes: dict[str, Rect] = {}
    bands, top = [], TOP
    for group in sorted(_groups(seen), key=lambda nodes: _rank(seen, nodes)):
        lanes = sum(route.ifname in {node.name for node in group} for route in seen.routes)
        columns = _columns(group, depth, seen.wires)
        routers = [node for node in seen.nodes if node.name in _routers(seen, group)]
        inside = max(_height(nodes) for nodes in (*columns.values(), routers))
        boxes |= _boxes(columns, top + lanes * LANE, inside)
        bands.append(Band(top, inside + lanes * LANE, lanes, group))
        top += inside + lanes * LANE + BAND_GAP
    deepest = max((d for name, d in depth.items() if name in boxes), default=0)
    width = FIRST_X + (deepest + 1) * (BOX_W + GUTTER) - GUTTER + 2 * MARGIN
    return Placed(width, top + MARGIN - BAND_GAP // 2, tuple(bands), boxes, seen)


def tall(node: Node) -> int:
    """A box's height."""
    return HEAD + len(node.facts) * LINE + PAD


def _fewer(wiring_now: Wiring) -> Wiring:
    """At most so many guests a bridge, those that changed first; the rest as one box."""
    left: set[str] = set()
    more: list[tuple[Node, Wire]] = []
    nodes = {node.name: node for node in wiring_now.nodes}
    for hub in dict.fromkeys(wire.hub for wire in wiring_now.wires):
        ends = [w.right for w in wiring_now.wires if w.hub == w.left == hub]
        leaves = [nodes[name] for name in ends if nodes[name].role == "guest"]
        over = sorted(leaves, key=lambda node: node.mark in ("plain", "same"))[MOST:]
        if over:
            left |= {node.name for node in over}
            rest = Node("more", f"more {hub}", f"and {len(over)} more guests", "")
            more.append((rest, Wire(hub, rest.name, hub, over[0].mark)))
    kept = (node for node in wiring_now.nodes if node.name not in left)
    wires = (wire for wire in wiring_now.wires if not {wire.left, wire.right} & left)
    return replace(
        wiring_now,
        nodes=(*kept, *(node for node, _ in more)),
        wires=(*wires, *(wire for _, wire in more)),
    )


def _depths(wiring_now: Wiring) -> dict[str, int]:
    """How many boxes stand between each and the cable; a bridge is never first."""
    depth = {node.name: int(node.role == "bridge") for node in wiring_now.nodes}
    for _ in range(DEEPEST):
        for wire in wiring_now.wires:
            depth[wire.right] = min(DEEPEST, max(depth[wire.right], depth[wire.left] + 1))
    return depth


def _groups(wiring_now: Wiring) -> Iterator[tuple[Node, ...]]:
    """What hangs together; routers are no part of the host."""
    left = {node.name: node for node in wiring_now.nodes if node.role != "router"}
    while left:
        found, edge = set[str](), {next(iter(left))}
        while edge:
            found |= edge
            ends = (w for w in wiring_now.wires if {w.left, w.right} & edge)
            edge = {end for w in ends for end in (w.left, w.right)} - found
        yield tuple(left.pop(name) for name in list(left) if name in found)


def _rank(wiring_now: Wiring, nodes: Iterable[Node]) -> tuple[bool, bool, str]:
    """What leads to the router first, then what holds the host's address."""
    names = {node.name for node in nodes}
    routed = any(route.ifname in names for route in wiring_now.routes)
    owns = any(fact.kind == "own" for node in nodes for fact in node.facts)
    return (not routed, not owns, min(names))


def _routers(wiring_now: Wiring, group: Iterable[Node]) -> set[str]:
    """The names of the routers that a group's default routes lead to."""
    names = {node.name for node in group}
    return {route.router for route in wiring_now.routes if route.ifname in names}


def _columns(
    group: tuple[Node, ...], depth: dict[str, int], wires: tuple[Wire, ...]
) -> dict[int, list[Node]]:
    """The group's nodes by column, each beside what it is wired to."""
    columns: dict[int, list[Node]] = {}
    for node in group:
        columns.setdefault(depth[node.name], []).append(node)
    order: dict[str, int] = {}
    for number in sorted(columns):
        beside = {w.right: order.get(w.left, 0) for w in reversed(wires)}
        columns[number].sort(key=lambda node: beside.get(node.name, 0))
        order |= {node.name: place for place, node in enumerate(columns[number])}
    return columns


def _height(nodes: list[Node]) -> int:
    return sum(tall(node) + GAP for node in nodes) - GAP


def _boxes(columns: dict[int, list[Node]], top: int, inside: int) -> dict[str, Rect]:
    found = {}
    for number, nodes in columns.items():
        y = top + (inside - _height(nodes)) // 2
        for node in nodes:
            found[node.name] = Rect(FIRST_X + number * (BOX_W + GUTTER), y, BOX_W, tall(node))
            y += tall(node) + GAP
    return found
