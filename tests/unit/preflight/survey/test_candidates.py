from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit import hosts

from runbook.common.errors import Refused
from runbook.preflight.survey.candidates import candidates

NONE: Mapping[str, object] = {}


def default(ifname: str, metric: int = 0) -> dict[str, Any]:
    common = {"family": "inet", "table": 254, "type": "unicast", "dst": "default"}
    return {**common, "ifname": ifname, "gateway": hosts.ROUTER, "metric": metric}


def held(ifname: str, address: str) -> dict[str, Any]:
    return {"ifname": ifname, "family": "inet", "address": address, "prefixlen": 16}


def test_the_interface_with_the_default_route_is_meant() -> None:
    assert candidates(hosts.before(), NONE) == ("enp4s0f0",)


def test_one_that_is_given_is_the_only_one() -> None:
    assert candidates(hosts.before(), {"interface": "enp4s0f1"}) == ("enp4s0f1",)


def test_several_ways_out_are_several_candidates() -> None:
    seen = hosts.snapshot(
        links=[hosts.link("b0"), hosts.link("a0")],
        addresses=[held("a0", "172.16.1.1"), held("b0", "10.0.0.1")],
        routes=[default("b0", 10), default("a0", 20)],
    )
    assert candidates(seen, NONE) == ("a0", "b0")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (hosts.snapshot(links=[hosts.link("a0")]), "no IPv4 default route"),
        (
            hosts.snapshot(
                links=[hosts.link("bond0", kind="bond", bond_mode="balance-alb")],
                addresses=[held("bond0", "172.16.1.1")],
                routes=[default("bond0")],
            ),
            "bond0 is a bond of mode balance-alb",
        ),
        (
            hosts.snapshot(
                links=[hosts.link("a0", master="team0")],
                addresses=[held("a0", "172.16.1.1")],
                routes=[default("a0")],
            ),
            "a0 is part of team0 already",
        ),
        (
            hosts.snapshot(links=[hosts.link("a0")], routes=[default("a0")]),
            "a0 has no IPv4 address",
        ),
        (
            hosts.snapshot(
                links=[
                    hosts.link("br0", kind="bridge"),
                    hosts.link("vnet0", kind="tun", master="br0"),
                ],
                addresses=[held("br0", "172.16.1.1")],
                routes=[default("br0")],
            ),
            "on the bridge br0 already, and none of its ports leads onto the LAN; ports: vnet0",
        ),
    ],
)
def test_a_host_without_one_is_told_why(seen: Any, said: str) -> None:  # noqa: ANN401
    with pytest.raises(Refused, match=said) as refused:
        candidates(seen, NONE)
    assert refused.value.host == "server-01"
    assert refused.value.then


def test_on_a_bridge_of_somebody_s_the_physical_port_is_meant() -> None:
    assert candidates(hosts.after(), NONE) == ("enp4s0f0",)


def test_a_host_that_is_changed_already_is_told_so() -> None:
    seen = hosts.snapshot(
        links=[hosts.link("virbr1", kind="bridge"), hosts.link("a0", master="virbr1")],
        addresses=[held("virbr1", "172.16.1.1")],
        routes=[default("virbr1")],
        networks=[{"name": "routed", "bridge": "virbr1"}],
    )
    with pytest.raises(Refused, match=r"libvirt network routed already; ports: a0") as refused:
        candidates(seen, NONE)
    assert "that is what the change makes" in refused.value.then
