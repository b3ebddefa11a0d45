from __future__ import annotations

from tests.unit import hosts

from runbook.views.wiring.difference import rewired
from runbook.views.wiring.topology import Node, wiring

BEFORE, AFTER = wiring(hosts.before(), hosts.OWN), wiring(hosts.after(), hosts.OWN)
DONE, UNDONE = rewired(BEFORE, AFTER), rewired(AFTER, BEFORE)


def node(name: str) -> Node:
    (found,) = (node for node in DONE.nodes if node.name == name)
    return found


def test_nothing_changed_is_the_same_in_every_part() -> None:
    seen = rewired(AFTER, AFTER)
    marks = [part.mark for part in seen.nodes]
    marks += [wire.mark for wire in seen.wires] + [route.mark for route in seen.routes]
    marks += [fact.mark for node in seen.nodes for fact in node.facts]
    assert set(marks) == {"same"}


def test_what_came_is_new_what_it_changed_says_how_and_the_rest_is_as_it_was() -> None:
    assert {node.name: node.mark for node in DONE.nodes} == {
        f"router {hosts.ROUTER}": "same",
        "enp4s0f0": "changed",
        "enp4s0f1": "same",
        "virbr0": "same",
        "virbr1": "new",
        "vnet0": "new",
        "vnet1": "new",
        "vnet9": "same",
    }
    assert [(fact.text, fact.mark) for fact in node("enp4s0f0").facts] == [
        ("MAC 02:00:00:00:00:01", "same"),
        ("port, forwarding", "new"),
        ("172.16.1.1/16", "gone"),
    ]


def test_the_default_route_goes_from_one_and_comes_to_the_other() -> None:
    routes = [(route.ifname, route.mark) for route in DONE.routes]
    assert routes == [("virbr1", "new"), ("enp4s0f0", "gone")]


def test_an_undo_shows_as_gone_what_the_change_showed_as_new() -> None:
    new = {node.name for node in DONE.nodes if node.mark == "new"}
    assert {node.name for node in UNDONE.nodes if node.mark == "gone"} == new
    wires = {(wire.left, wire.right) for wire in DONE.wires if wire.mark == "new"}
    assert {(wire.left, wire.right) for wire in UNDONE.wires if wire.mark == "gone"} == wires


def test_a_cable_that_was_pulled_changes_its_nic() -> None:
    links = [hosts.link("eth0"), hosts.link("eth0", carrier=False)]
    then, now = (wiring(hosts.snapshot(links=[link]), hosts.OWN) for link in links)
    assert [node.mark for node in rewired(then, now).nodes] == ["changed"]
