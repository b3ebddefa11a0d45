"""A wiring in sentences: for a terminal, for a log, and for whoever does not see the drawing."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.views.page.picture import plain
from runbook.views.wiring.topology import Fact, Mark, Node, Wire, Wiring

MARKS: dict[Mark, str] = {"new": " (new)", "gone": " (gone)"}
WHOLE: dict[Mark, str] = {**MARKS, "changed": " (changed)"}


def sentences(seen: Wiring) -> list[str]:
    """The host, its default routes, then each box with what it is wired to."""
    nodes = [node for node in seen.nodes if node.role not in ("router", "guest")]
    head = f"The wiring of {seen.host}."
    return [plain(line) for line in (head, *_routes(seen), *(_node(seen, n) for n in nodes))]


def _routes(seen: Wiring) -> Iterable[str]:
    macs = {n.name: [f.text for f in n.facts if f.kind == "mac"] for n in seen.nodes}
    for route in seen.routes:
        known = f" ({', '.join(macs[route.router])})" if macs[route.router] else ""
        yield f"Default route{MARKS.get(route.mark, '')}: {route.ifname} via {route.via}{known}."
    if not seen.routes:
        yield "There is no default route."


def _node(seen: Wiring, node: Node) -> str:
    told = [f"cable with {node.cable}"] if node.cable else []
    told += [_fact(fact) for fact in node.facts]
    nodes = {n.name: n for n in seen.nodes}
    # Said once, with the one nearer to the guests; guests are said with what they hang on.
    into = [_end(nodes[w.left], w) for w in seen.wires if w.right == node.name]
    guests = [
        _guest(nodes[w.right], w)
        for w in seen.wires
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
