"""A wiring in sentences: for a terminal, for a log, and for whoever does not see the drawing."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.views.page.picture import plain
from runbook.views.wiring.topology import Fact, Mark, Node, Wire, Wiring

MARKS: dict[Mark, str] = {"new": " (new)", "gone": " (gone)"}
WHOLE: dict[Mark, str] = {**MARKS, "changed": " (changed)"}


def sentences(wiring_now: Wiring) -> list[str]:
    """The host, its default routes, then each box with what it is wired to."""
    nodes = [node for node in wiring_now.nodes if node.role not in ("router", "guest")]
    head = f"The wiring of {wiring_now.host}."
    return [
        plain(line) for line in (head, *_routes(wiring_now), *(_node(wiring_now, n) for n in nodes))
    ]


def _routes(wiring_now: Wiring) -> Iterable[str]:
    macs = {n.name: [f.text for f in n.facts if f.kind == "mac"] for n in wiring_now.nodes}
    for route in wiring_now.routes:
        known = f" ({', '.join(macs[route.router])})" if macs[route.router] else ""
        yield f"Default route{MARKS.get(route.mark, '')}: {route.ifname} via {route.via}{known}."
    if not wiring_now.routes:
        yield "There is no default route."


def _node(wiring_now: Wiring, node: Node) -> str:
    told = [f"cable with {node.cable}"] if node.cable else []
    told += [_fact(fact) for fact in node.facts]
    nodes = {n.name: n for n in wiring_now.nodes}
    # Said once, with the one nearer to the guests; guests are said with what they hang on.
    into = [_end(nodes[w.left], w) for w in wiring_now.wires if w.right == node.name]
    guests = [
        _guest(nodes[w.right], w)
        for w in wiring_now.wires
        if w.left == node.name and nodes[w.right].role == "guest"
    ]
    told += [f"wired to {', '.join(into)}"] if into else []
    told += [f"guests: {', '.join(guests)}"] if guests else []
    word = "network card" if node.role == "nic" else node.word
    return f"{node.label}, {word}{WHOLE.get(node.mark, '')}: {'; '.join(told) or 'bare'}."


def _fact(fact: Fact) -> str:
    own = "the host's own address " if fact.kind == "own" else ""
    return f"{own}{fact.text}{MARKS.get(fact.mark, '')}"


def _end(node: Node, wire: Wire) -> str:
    return f"{node.label}{MARKS.get(wire.mark, '')}"


def _guest(node: Node, wire: Wire) -> str:
    """A guest's wire may be as it was while its state is not, and the other way round."""
    facts = " ".join(_fact(fact) for fact in node.facts)
    return f"{node.label} [{facts}]{MARKS.get(wire.mark, '')}"
