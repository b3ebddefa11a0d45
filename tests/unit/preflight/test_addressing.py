from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.preflight.looking import look, nic, plus, refusal, told

from runbook.preflight import RefusedByPreflight

LAN = IPv4Network(fakes.LAN)
OTHER_NIC = "enp4s0f1"
# No stanza gives the further addresses of these hosts.
TYPED = ["bpdu", "nic-by-name"]
held = st.builds(
    lambda number, length: IPv4Interface((number, length)),
    # Often near the LAN, whose first number is 172.16.0.0.
    st.integers(int(LAN[0]) - (1 << 18), int(LAN[0]) + (1 << 18)),
    st.integers(8, 31),
)


def test_a_second_ipv4_address_moves_along() -> None:
    second = fakes.address(NIC, "10.0.0.99/24", flags="permanent", label=f"{NIC}:1")
    found = told(look(plus("addresses", second), consent=TYPED), "note", NIC)
    assert found.seen == f"it also holds 10.0.0.99/24 ({NIC}:1)"


def test_the_address_of_the_change_has_to_be_the_one_that_the_host_sends_from() -> None:
    second = fakes.address(NIC, "172.16.9.9/16", flags="permanent secondary")
    found = refusal(plus("addresses", second), address="172.16.9.9/16", consent=TYPED)
    assert "secondary address" in found.seen
    assert "`address` to 172.16.1.1/16" in found.then


def test_another_interface_in_a_further_subnet_of_the_nic() -> None:
    rows = (fakes.address(NIC, "10.0.0.99/24"), fakes.address(OTHER_NIC, "10.0.0.98/24"))
    assert refusal(plus("addresses", *rows), consent=TYPED).about == "subnet 10.0.0.0/24"


def test_an_address_of_another_interface_is_nobody_s_business() -> None:
    assert look(plus("addresses", fakes.address(OTHER_NIC, "10.0.0.1/24")))


def test_the_host_s_address_in_use_by_another_machine() -> None:
    found = refusal(around=replace(fakes.GOOD, claimants=("02:00:00:00:00:99",)))
    assert (found.about, found.seen[:17]) == (f"address {fakes.IP}", "02:00:00:00:00:99")
    assert "proxy ARP" in found.then


def test_the_host_itself_may_answer_through_its_other_nic_on_the_same_lan() -> None:
    links = [*nic(), fakes.link(OTHER_NIC, mac="02:00:00:00:01:02")]
    around = replace(fakes.GOOD, claimants=("02:00:00:00:01:02",))
    assert told(look(fakes.seen(links=links), around), "ok", "address")


@given(st.sets(st.sampled_from([fakes.NIC_MAC, "02:00:00:00:00:98", "02:00:00:00:00:99"])))
def test_every_foreign_mac_that_answers_is_named(macs: set[str]) -> None:
    around = replace(fakes.GOOD, claimants=tuple(sorted(macs)))
    foreign = sorted(macs - {fakes.NIC_MAC})
    try:
        found = look(around=around).findings
    except RefusedByPreflight as refused:
        found = refused.findings
    assert [f.seen[:17] for f in found if f.against] == foreign


@given(held)
def test_another_interface_in_the_subnet(address: IPv4Interface) -> None:
    there = plus("addresses", fakes.address(OTHER_NIC, str(address)))
    if address.network.overlaps(LAN):
        found = refusal(there)
        assert (found.about, found.seen) == (f"subnet {LAN}", f"{OTHER_NIC} holds {address}")
    else:
        assert told(look(there), "ok", "subnet")


@given(held, st.booleans())
def test_a_libvirt_network_in_the_subnet_whether_it_runs_or_not(
    address: IPv4Interface,
    active: bool,  # noqa: FBT001 - drawn
) -> None:
    row = {"name": "lab", "bridge": "virbr7", "addresses": f"fd00::1/64 {address}"}
    there = plus("networks", {**row, "active": active, "persistent": True})
    if address.network.overlaps(LAN):
        found = refusal(there, forward="open")
        assert (found.about, str(address) in found.seen) == ("network lab", True)
        assert ("not active" in found.seen) is not active
    else:
        assert told(look(there, forward="open"), "ok", "subnet")


def test_a_single_address_of_the_lan_elsewhere_is_only_noted() -> None:
    there = plus("addresses", fakes.address("lo", "172.16.9.9/32"))
    assert "lo holds 172.16.9.9/32" in told(look(there), "note", f"subnet {LAN}").seen


@pytest.mark.parametrize("dst", [fakes.LAN, "172.16.5.0/24"])
def test_a_route_to_the_whole_subnet_through_another_interface(dst: str) -> None:
    there = plus("routes", fakes.route(dst, OTHER_NIC))
    if dst == fakes.LAN:
        assert OTHER_NIC in refusal(there).seen
    else:
        assert told(look(there), "ok", "subnet")
