from __future__ import annotations

from tests.unit import fakes, hosts
from tests.unit.fakes import NIC

from runbook.preflight.survey.nics import brought, nics
from runbook.preflight.survey.offer import offer
from runbook.state.host.operator_connection import Connection

OPERATOR = Connection("10.99.0.2", 50000, hosts.OWN, 22)


def test_only_interfaces_that_could_be_meant_are_listed() -> None:
    assert [row.interface for row in nics(hosts.before())] == ["enp4s0f0", "enp4s0f1"]


def test_the_interface_that_carries_this_connection_is_told() -> None:
    found = nics(hosts.before(), own=OPERATOR)
    assert [row.this_connection for row in found] == [True, False]
    assert not any(row.this_connection for row in nics(hosts.before()))


def test_an_interface_that_is_a_port_already_says_of_what() -> None:
    found = nics(hosts.after(), own=OPERATOR)
    assert [row.master for row in found] == ["virbr1", ""]
    assert not any(row.this_connection for row in found)


def test_an_interface_brings_its_address_and_where_its_default_route_leads() -> None:
    assert brought(hosts.before(), "enp4s0f0") == {
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
    }


def test_an_interface_without_a_default_route_leaves_the_gateway_as_it_is() -> None:
    assert brought(hosts.before(), "enp4s0f1") == {"address": ""}


def test_of_several_addresses_the_one_that_reaches_the_router_is_proposed() -> None:
    rows = [fakes.address(NIC, "10.77.0.5/24"), *fakes.standard()["addresses"]]
    rows += [fakes.address(NIC, "172.16.0.9/16", flags="permanent secondary")]
    assert brought(fakes.seen(addresses=rows), NIC)["address"] == fakes.ADDRESS


def test_the_source_of_the_default_route_is_proposed_before_any_other_address() -> None:
    rows = [fakes.address(NIC, "10.77.0.5/24"), *fakes.standard()["addresses"]]
    routes = [fakes.default(NIC, prefsrc="10.77.0.5"), fakes.connected(NIC)]
    found = brought(fakes.seen(addresses=rows, routes=routes), NIC)
    assert found["address"] == "10.77.0.5/24"


def test_a_point_to_point_address_is_proposed_with_its_gateway_and_without_nat() -> None:
    _, host = fakes.point_to_point()
    assert brought(host, NIC) == {"address": "172.16.1.1/32", "gateway": "172.16.0.1"}
    assert offer(host, NIC, {}, {})["forward"][0] == "open"
