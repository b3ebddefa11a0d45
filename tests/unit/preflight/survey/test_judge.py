from __future__ import annotations

import pytest
from tests.unit import hosts

from runbook.preflight.survey.judge import judge
from runbook.preflight.survey.offer import offer
from runbook.state.snapshot import Snapshot


def wrong(seen: Snapshot, nic: str = "enp4s0f0", /, **values: object) -> dict[str, str]:
    """The first reason for each field."""
    offered = {name: value for name, (value, _) in offer(seen, nic, {}, {}).items()}
    found = judge("server-01", {**offered, **values}, seen, None)
    return {error.field: f"{error.problem}; {error.then}" for error in reversed(found)}


def test_what_is_offered_is_right() -> None:
    assert wrong(hosts.before()) == {}


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("interface", "", "none is chosen; choose one of: enp4s0f0, enp4s0f1"),
        ("interface", "enp9s9", "server-01 has none of that name"),
        ("interface", "virbr0", "virbr0 is a bridge"),
        ("address", "172.16.1.9/16", "it is not on enp4s0f0"),
        ("address", "172.16.1.1", "the prefix length is missing"),
        ("gateway", "172.16.1.1", "the gateway is the host itself"),
        ("bridge", "virbr0", "an interface of that name exists"),
        ("network", "../x", "a network's name is"),
        ("firewall", "shut", "it must be one of"),
        ("consent", ("all",), "no finding is called"),
        ("probes", ("172.16.1.1",), "would always pass"),
        ("bridge_mac", "nik", "not a MAC address"),
    ],
)
def test_each_field_has_its_reason(field: str, value: object, why: str) -> None:
    assert why in wrong(hosts.before(), "enp4s0f0", **{field: value})[field]


def test_an_interface_that_is_part_of_something_is_said_so_whatever_else_is_wrong() -> None:
    seen = hosts.snapshot(links=[hosts.link("a0", master="bond0")])
    found = wrong(seen, "a0")
    assert "a0 is part of bond0 already" in found["interface"]
    assert "the prefix length is missing" in found["address"]


def test_another_active_network_is_about_how_this_one_forwards() -> None:
    seen = hosts.snapshot(
        links=[hosts.link("a0")],
        addresses=[{"ifname": "a0", "family": "inet", "address": "172.16.1.1", "prefixlen": 16}],
        networks=[{"name": "lab", "bridge": "virbr4", "active": True}],
    )
    found = wrong(seen, "a0", gateway="172.16.0.1", forward="nat")
    assert "use forward: open" in found["forward"]


def test_what_keeps_a_plan_from_being_drawn_is_about_no_field() -> None:
    seen = hosts.snapshot(
        links=[hosts.link("a0")],
        addresses=[{"ifname": "a0", "family": "inet", "address": "172.16.1.1", "prefixlen": 16}],
    )
    assert "routes to 172.16.0.0/16 on a0" in wrong(seen, "a0", gateway="172.16.0.1")[""]
