from __future__ import annotations

from tests.unit import hosts

from runbook.preflight.survey.nics import brought, nics
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
