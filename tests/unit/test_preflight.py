"""One test a trap: the host that has it is refused, and the one without goes through."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC, Row

from runbook.errors import Refused
from runbook.preflight import Cleared, Finding, RefusedByPreflight, preflight
from runbook.routed import make_plan
from runbook.state.snapshot import Snapshot
from runbook.surroundings import Surroundings

BEFORE = fakes.seen()
PLAN = make_plan(fakes.params(), BEFORE)


def look(host: Snapshot = BEFORE, around: Surroundings = fakes.GOOD, **asked: object) -> Cleared:
    return preflight(fakes.params(**asked), PLAN, host, around)


def refusal(host: Snapshot = BEFORE, around: Surroundings = fakes.GOOD, **asked: object) -> Finding:
    """The one finding that refuses; each trap is told apart from the others."""
    with pytest.raises(Refused) as refused:
        look(host, around, **asked)
    assert isinstance(refused.value, RefusedByPreflight)
    (against,) = [f for f in refused.value.findings if f.severity == "refuse"]
    assert against.seen in refused.value.what
    assert against.then in refused.value.what
    return against


def plus(table: str, *rows: Row) -> Snapshot:
    """The standard host with more rows in one table."""
    return fakes.seen(**fakes.more(table, *rows))


def nic(**other: object) -> list[Row]:
    return [fakes.link("lo"), fakes.link(NIC, mac=fakes.NIC_MAC, **other)]


def test_the_standard_host_is_cleared() -> None:
    cleared = preflight(fakes.params(), PLAN, BEFORE, fakes.GOOD)
    assert (cleared.plan, cleared.before) == (PLAN, BEFORE)
    assert "refuse" not in {f.severity for f in cleared.findings}


def test_all_that_refuses_is_said_at_once() -> None:
    around = replace(fakes.GOOD, missing=("virsh",), free_bytes=1 << 20)
    with pytest.raises(RefusedByPreflight, match=r"3 finding\(s\)") as refused:
        look(fakes.seen(links=nic(master="br0")), around)
    assert {f.about for f in refused.value.findings if f.severity == "refuse"} == {
        *("programs", "disk", NIC)
    }


@pytest.mark.parametrize("kind", ["bridge", "vlan", "bond", "macvlan"])
def test_a_nic_that_is_no_nic(kind: str) -> None:
    assert f"it is a {kind}" in refusal(fakes.seen(links=nic(kind=kind))).seen


def test_a_nic_in_a_bond_or_bridge() -> None:
    assert "already part of bond0" in refusal(fakes.seen(links=nic(master="bond0"))).seen


@pytest.mark.parametrize("off", ["up", "carrier"])
def test_a_nic_without_a_link(off: str) -> None:
    assert "down or has no carrier" in refusal(fakes.seen(links=nic(**{off: False}))).seen


def test_a_nic_under_a_vlan() -> None:
    child = fakes.link(f"{NIC}.7", kind="vlan", lower=NIC)
    assert f"{NIC}.7 (vlan) is on top" in refusal(fakes.seen(links=[*nic(), child])).seen


def test_a_second_ipv4_address() -> None:
    second = fakes.address(NIC, "172.16.1.99/16", flags="permanent secondary")
    assert "172.16.1.99/16" in refusal(plus("addresses", second)).seen


def test_an_ipv6_address_that_cannot_be_carried_and_not_one_that_can() -> None:
    lent = {**fakes.address(NIC, "fd00::1/128"), **fakes.ADDRESS6, "flags": ""}
    assert "as DHCPv6 does" in refusal(plus("addresses", lent)).seen
    wanted, host = fakes.params(), fakes.seen(**fakes.static6())
    cleared = preflight(wanted, make_plan(wanted, host), host, fakes.GOOD)
    assert f"{fakes.IP6}/64" in {f.seen for f in cleared.findings}


def test_an_address_of_another_interface_is_nobody_s_business() -> None:
    assert look(plus("addresses", fakes.address("enp4s0f1", "10.0.0.1/24")))


@pytest.mark.parametrize(
    ("extra", "seen"),
    [
        ([], "none"),
        (
            [fakes.default(NIC), fakes.default(NIC, metric=9)],
            f"via {fakes.GATEWAY} dev {NIC}, via {fakes.GATEWAY} dev {NIC}",
        ),
        ([fakes.default("enp4s0f1")], f"via {fakes.GATEWAY} dev enp4s0f1"),
        (
            [fakes.route("default", NIC, gateway="172.16.0.254")],
            f"via 172.16.0.254 dev {NIC}",
        ),
    ],
    ids=["none", "two", "elsewhere", "another-router"],
)
def test_a_default_route_that_is_not_the_one_given(extra: list[Row], seen: str) -> None:
    found = refusal(fakes.seen(routes=[*extra, fakes.connected(NIC)]))
    assert (found.about, found.seen) == ("default route", seen)


def test_a_multipath_route_through_the_nic() -> None:
    ways = f"via 172.16.0.1 dev {NIC} weight 1, via 10.0.0.1 dev enp4s0f1 weight 1"
    found = refusal(plus("routes", fakes.route("10.5.0.0/16", "", nexthops=ways)))
    assert (found.about, found.seen) == ("route to 10.5.0.0/16", ways)


def policy(**other: object) -> Snapshot:
    row = {"family": "inet", "priority": 100, "src": "all", "dst": "all", "table": 7, **other}
    return plus("rules", row)


@pytest.mark.parametrize("side", ["iif", "oif"])
def test_a_policy_rule_bound_to_the_nic(side: str) -> None:
    assert "priority 100" in refusal(policy(**{side: NIC})).seen


def test_a_policy_rule_bound_to_nothing_is_only_noted() -> None:
    findings = look(policy(src="10.0.0.0/8")).findings
    assert ("note", "policy rule") in {(f.severity, f.about) for f in findings}


def network(**other: object) -> Snapshot:
    row = {"name": "default", "bridge": "virbr0", "active": False, "persistent": True}
    return plus("networks", {**row, **other})


def test_a_network_of_the_same_name() -> None:
    assert refusal(network(name="routed")).about == "network routed"


def test_a_network_with_the_same_bridge() -> None:
    assert BRIDGE in refusal(network(bridge=BRIDGE)).seen


def test_a_network_whose_guests_leave_by_the_nic() -> None:
    assert NIC in refusal(network(forward_dev=NIC)).seen


def test_an_active_network_beside_a_nat_network() -> None:
    assert "beside a new NAT network" in refusal(network(active=True)).seen
    assert look(network(active=True), forward="open")
    assert look(network(active=False))


def test_an_interface_that_has_the_bridge_s_name() -> None:
    taken = fakes.link(BRIDGE, kind="bridge")
    assert refusal(fakes.seen(links=[*nic(), taken])).about == BRIDGE


def tap(**other: object) -> Snapshot:
    return plus("taps", {"guest": "mail", "mac": "52:54:00:00:00:01", "type": "direct", **other})


def test_a_guest_that_holds_the_nic_by_macvtap() -> None:
    assert refusal(tap(source=NIC)).about == "guest mail"
    assert look(tap(source="enp4s0f1"))
    assert look(tap(source=NIC, type="bridge"))


def nft(text: str) -> Snapshot:
    place = {"family": "inet", "table": "host", "chain": "input", "position": 1}
    return plus("nftables", {**place, "rule": text})


def test_a_native_nft_rule_that_names_the_nic() -> None:
    named = '[{"match": {"left": {"meta": {"key": "iifname"}}, "right": "%s"}}]'
    assert "inet host input" in refusal(nft(named % NIC)).seen
    assert look(nft(named % f"{NIC}0"))


@pytest.mark.parametrize(
    "text", [f"-A INPUT ! -i {NIC} -j DROP", f"-A FORWARD ! -o {NIC} -j ACCEPT"]
)
def test_a_rule_for_all_but_the_nic(text: str) -> None:
    assert refusal(fakes.seen(firewall=[fakes.rule(text, 1)])).seen == text


def test_a_rule_for_all_but_another_nic_is_as_it_was() -> None:
    assert look(fakes.seen(firewall=[fakes.rule(f"-A INPUT ! -i {NIC}9 -j DROP", 1)]))


def test_stp_needs_somebody_who_knows_the_switch() -> None:
    assert "BPDU guard" in refusal(consent=[]).seen
    assert look(consent=[], stp=False)
    assert ("note", "stp") in {(f.severity, f.about) for f in look().findings}


def test_a_program_that_the_undo_would_miss() -> None:
    found = refusal(around=replace(fakes.GOOD, missing=("flock",)))
    assert "flock is missing" in found.seen


def test_another_network_manager() -> None:
    found = refusal(around=replace(fakes.GOOD, managers=("NetworkManager",)))
    assert "NetworkManager is active" in found.seen


@pytest.mark.parametrize(("free", "cleared"), [((8 << 20) - 1, False), (8 << 20, True)])
def test_a_disk_without_room_for_the_undo(free: int, *, cleared: bool) -> None:
    around = replace(fakes.GOOD, free_bytes=free)
    if cleared:
        assert look(around=around)
    else:
        assert refusal(around=around).about == "disk"


def test_an_sshd_that_waits_for_the_address_on_the_nic() -> None:
    narrow = replace(fakes.GOOD, sshd_listens=("172.16.1.1:22",))
    assert refusal(around=narrow).about == "sshd"
    assert look(around=replace(fakes.GOOD, sshd_listens=("172.16.1.11:22",)))
