"""Two wirings laid over each other: what is new, what is gone, what is as it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from runbook.views.wiring.topology import DefaultRoute, Fact, Node, Wire, Wiring

T = TypeVar("T", bound=Fact | Wire | DefaultRoute)
KINDS = ("mac", "state", "own", "address")


def rewired(before: Wiring, after: Wiring) -> Wiring:
    """All that either has, each part with its mark."""
    then = {node.name: node for node in before.nodes}
    now = {node.name: node for node in after.nodes}
    nodes = [_node(then.get(name), node) for name, node in now.items()]
    # A box that came or went says so once, for all that is in it.
    nodes += [replace(node, mark="gone") for name, node in then.items() if name not in now]
    return Wiring(
        after.host,
        tuple(nodes),
        _laid(before.wires, after.wires),
        _laid(before.routes, after.routes),
    )


def _node(then: Node | None, now: Node) -> Node:
    if then is None:
        return replace(now, mark="new")
    facts = _laid(then.facts, now.facts)
    settled = all(fact.mark == "same" for fact in facts) and _plain(then) == _plain(now)
    ordered = sorted(facts, key=lambda fact: KINDS.index(fact.kind))
    return replace(now, facts=tuple(ordered), mark="same" if settled else "changed")


def _plain(node: Node) -> tuple[str, ...]:
    return (node.role, node.label, node.word, node.cable)


def _laid(before: Iterable[T], after: Iterable[T]) -> tuple[T, ...]:
    then, now = list(before), list(after)
    marked = [replace(part, mark="same" if part in then else "new") for part in now]
    return (*marked, *(replace(part, mark="gone") for part in then if part not in now))
