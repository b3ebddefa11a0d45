from __future__ import annotations

from tests.unit import hosts
from tests.unit.hosts import Row

from runbook.state.snapshot import Snapshot
from runbook.views.wiring.topology import Wire, Wiring, wiring


def read(seen: Snapshot) -> Wiring:
    return wiring(seen, hosts.OWN)


def facts(seen: Wiring, name: str) -> list[tuple[str, str]]:
    (node,) = (node for node in seen.nodes if node.name == name)
    return [(fact.kind, fact.text) for fact in node.facts]


def default(ifname: str, gateway: str, **more: object) -> Row:
    common = {"family": "inet", "table": 254, "type": "unicast", "dst": "default"}
    return {**common, "ifname": ifname, "gateway": gateway, **more}


def test_before_the_address_is_on_the_nic_and_after_on_the_bridge() -> None:
    assert ("own", "172.16.1.1/16") in facts(read(hosts.before()), "enp4s0f0")
    after = read(hosts.after())
    assert ("own", "172.16.1.1/16") in facts(after, "virbr1")
    assert "own" not in dict(facts(after, "enp4s0f0"))


def test_a_guest_is_known_by_its_own_mac_and_not_by_that_of_its_tap() -> None:
    seen = read(hosts.after())
    assert facts(seen, "vnet1") == [
        ("mac", "MAC 52:54:00:00:00:02"),
        ("state", "vnet1 · port, listening"),
    ]
    assert Wire("virbr1", "vnet1", "virbr1") in seen.wires


def test_the_router_has_the_mac_that_the_host_holds_for_it() -> None:
    seen = read(hosts.before())
    assert facts(seen, f"router {hosts.ROUTER}") == [
        ("mac", "MAC 02:00:00:00:ff:01"),
        ("address", hosts.ROUTER),
    ]
    assert [(route.ifname, route.via) for route in seen.routes] == [("enp4s0f0", hosts.ROUTER)]


def test_one_interface_may_lead_out_by_both_families() -> None:
    routes = [default("eth0", "10.0.0.1"), default("eth0", "fe80::1", family="inet6")]
    seen = read(hosts.snapshot(links=[hosts.link("eth0")], routes=routes))
    assert [route.via for route in seen.routes] == ["10.0.0.1, fe80::1"]


def test_a_default_route_without_a_gateway_is_no_missing_one() -> None:
    routes = [default("ppp0", "")]
    seen = read(hosts.snapshot(links=[hosts.link("ppp0", kind="ppp")], routes=routes))
    assert [route.via for route in seen.routes] == ["nobody: it is on the link"]


def test_a_bond_hangs_on_its_nics_and_a_vlan_on_its_bond() -> None:
    seen = read(
        hosts.snapshot(
            links=[
                hosts.link("eth0", master="bond0"),
                hosts.link("eth1", master="bond0", carrier=False),
                hosts.link("bond0", kind="bond"),
                hosts.link("bond0.7", kind="vlan", lower="bond0", master="br0"),
                hosts.link("br0", kind="bridge", stp=0),
            ]
        )
    )
    wires = {(wire.left, wire.right) for wire in seen.wires}
    assert wires == {
        ("eth0", "bond0"),
        ("eth1", "bond0"),
        ("bond0", "bond0.7"),
        ("bond0.7", "br0"),
    }
    assert {node.name: node.cable for node in seen.nodes if node.role == "nic"} == {
        "eth0": "signal",
        "eth1": "no signal",
    }


def test_what_hangs_on_nothing_and_holds_nothing_is_no_wiring() -> None:
    links = [hosts.link("lo"), hosts.link("dummy0", kind="dummy"), hosts.link("tun7", kind="tun")]
    assert read(hosts.snapshot(links=links)).nodes == ()


def test_a_container_s_veth_has_no_cable_and_a_nic_that_is_one_has() -> None:
    links = [
        hosts.link("veth1a2b", kind="veth", master="br0"),
        hosts.link("enp4s0f0", kind="veth", master="br0"),
        hosts.link("br0", kind="bridge", stp=0),
    ]
    cables = {node.name: node.cable for node in read(hosts.snapshot(links=links)).nodes}
    assert cables == {"veth1a2b": "", "enp4s0f0": "signal", "br0": ""}
