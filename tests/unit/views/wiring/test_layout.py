from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from tests.unit import hosts

from runbook.state.snapshot import Snapshot
from runbook.views.wiring.difference import rewired
from runbook.views.wiring.layout import BOX_W, HOST_X, MOST, Placed, placed
from runbook.views.wiring.svg import Rect
from runbook.views.wiring.topology import wiring

KINDS = ("", "bridge", "bond", "vlan", "veth", "tun", "macvtap")
NAMES = [f"if{n}" for n in range(9)]


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Any wiring, also such as no kernel would allow."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=9))
    one = st.sampled_from(["", *NAMES])
    links = [
        hosts.link(
            name,
            kind=draw(st.sampled_from(KINDS)),
            master=draw(one),
            lower=draw(one),
            carrier=draw(st.booleans()),
        )
        for name in names
    ]
    taps = [
        {"guest": draw(st.text(max_size=60)), "mac": name, "target": name}
        for name in names
        if draw(st.booleans())
    ]
    addresses = [
        {"ifname": draw(st.sampled_from(names)), "family": "inet6", "address": f"2001:db8::{n}"}
        for n in range(draw(st.integers(0, 6)) if names else 0)
    ]
    routes = [
        {"family": "inet", "table": 254, "dst": "default", "ifname": name, "gateway": "10.0.0.1"}
        for name in names[: draw(st.integers(0, 3))]
    ]
    return hosts.snapshot(links=links, taps=taps, addresses=addresses, routes=routes)


def apart(one: Rect, other: Rect) -> bool:
    return (
        one.right <= other.x
        or other.right <= one.x
        or one.y + one.h <= other.y
        or other.y + other.h <= one.y
    )


def check(plan: Placed) -> None:
    shown = {node.name for node in plan.wiring.nodes if node.role != "router"}
    assert set(plan.boxes) == shown
    for one, other in combinations(plan.boxes.values(), 2):
        assert apart(one, other)
    for box in plan.boxes.values():
        assert box.x > HOST_X
        assert box.right < plan.width
        assert 0 < box.y < box.y + box.h < plan.height
    for wire in plan.wiring.wires:
        assert {wire.left, wire.right} <= shown


@given(snapshots(), snapshots())
def test_no_two_boxes_meet_and_none_leaves_the_drawing(then: Snapshot, now: Snapshot) -> None:
    before, after = wiring(then, hosts.OWN), wiring(now, hosts.OWN)
    check(placed(after))
    check(placed(rewired(before, after)))


def test_the_cable_is_on_the_left_then_nic_bridge_guests() -> None:
    boxes = placed(wiring(hosts.after(), hosts.OWN)).boxes
    assert boxes["enp4s0f0"].x < boxes["virbr1"].x < boxes["vnet0"].x == boxes["vnet1"].x


def test_what_leads_to_the_router_comes_first() -> None:
    for seen in (hosts.before(), hosts.after()):
        (first, *_) = placed(wiring(seen, hosts.OWN)).bands
        assert "enp4s0f0" in {node.name for node in first.nodes}
        assert first.lanes == 1


def test_what_stayed_is_at_the_same_distance_from_the_cable_before_and_after() -> None:
    before, after = (placed(wiring(s, hosts.OWN)).boxes for s in (hosts.before(), hosts.after()))
    for name in set(before) & set(after):
        assert before[name].x == after[name].x


def crowd(count: int) -> Snapshot:
    names = [f"vnet{n}" for n in range(count)]
    return hosts.snapshot(
        links=[
            hosts.link("virbr1", kind="bridge", stp=0),
            *(hosts.link(name, kind="tun", master="virbr1") for name in names),
        ],
        taps=[{"guest": f"g-{name}", "mac": name, "target": name} for name in names],
    )


def test_of_a_hundred_guests_those_that_came_are_shown_and_the_rest_is_counted() -> None:
    then, now = (wiring(crowd(count), hosts.OWN) for count in (97, 100))
    plan = placed(rewired(then, now))
    labels = {node.label for node in plan.wiring.nodes}
    assert {"g-vnet97", "g-vnet98", "g-vnet99", f"and {100 - MOST} more guests"} <= labels
    assert plan.height < 900
    assert plan.width < 4 * BOX_W + HOST_X
