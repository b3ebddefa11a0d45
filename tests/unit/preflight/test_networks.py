from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC
from tests.unit.preflight.looking import look, nic, plus, refusal

from runbook.params.fields import CARRIERS
from runbook.state.snapshot import Snapshot


def network(**other: object) -> Snapshot:
    row = {"name": "default", "bridge": "virbr0", "active": False, "persistent": True}
    return plus("networks", {**row, **other})


def test_a_network_of_the_same_name() -> None:
    assert refusal(network(name="routed")).about == "network routed"


def test_a_network_with_the_same_bridge() -> None:
    assert BRIDGE in refusal(network(bridge=BRIDGE)).seen


@pytest.mark.parametrize("forward_dev", [NIC, f"enp4s0f1 {NIC}"])
def test_a_network_whose_guests_leave_by_the_nic(forward_dev: str) -> None:
    assert NIC in refusal(network(forward_dev=forward_dev)).seen


def test_an_active_network_beside_a_nat_network() -> None:
    refused = refusal(network(active=True))
    assert "beside a new NAT network" in refused.seen
    # A form marks it, and one click there is what the advice says.
    assert (refused.field, refused.then) == ("forward", "use forward: open")
    assert look(network(active=True), forward="open")
    assert look(network(active=False))


@pytest.mark.parametrize("name", CARRIERS)
def test_an_interface_that_has_a_name_of_the_change_s_own(name: str) -> None:
    found = refusal(fakes.seen(links=[*nic(), fakes.link(name, kind="veth")]))
    assert found.about == name
    assert "its undo deletes it" in found.why


def test_an_interface_that_has_the_bridge_s_name() -> None:
    taken = fakes.link(BRIDGE, kind="bridge")
    assert refusal(fakes.seen(links=[*nic(), taken])).about == BRIDGE
