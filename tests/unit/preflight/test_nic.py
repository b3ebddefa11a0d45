from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.preflight.looking import look, nic, plus, refusal, told

from runbook.state.snapshot import Snapshot


@pytest.mark.parametrize("mode", ["active-backup", "802.3ad", "balance-xor"])
def test_a_bond_with_one_mac_and_a_vlan_are_moved_as_a_nic_is(mode: str) -> None:
    for other in ({"kind": "bond", "bond_mode": mode}, {"kind": "vlan", "lower": "enp4s0f1"}):
        assert told(look(fakes.seen(links=nic(**other))), "ok", "NIC")


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("balance-alb", "rewrites MAC addresses in ARP"),
        ("balance-tlb", "with the MACs of several NICs"),
        ("balance-rr", "runbook carries active-backup, 802.3ad, balance-xor"),
        ("broadcast", "runbook carries"),
        ("", "runbook carries"),
    ],
)
def test_any_other_bond_is_refused_by_its_mode(mode: str, why: str) -> None:
    found = refusal(fakes.seen(links=nic(kind="bond", bond_mode=mode)))
    assert f"it is a bond of mode {mode or 'unknown'}" in found.seen
    assert why in found.why


def test_a_nic_that_carries_vlans_besides_is_moved_and_they_are_named() -> None:
    child = fakes.link(f"{NIC}.7", kind="vlan", lower=NIC)
    found = told(look(fakes.seen(links=[*nic(), child])), "note", NIC)
    assert f"VLAN interface {NIC}.7" in found.seen


@pytest.mark.parametrize("kind", ["bridge", "macvlan"])
def test_a_nic_that_is_no_nic(kind: str) -> None:
    assert f"it is a {kind}" in refusal(fakes.seen(links=nic(kind=kind))).seen


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("bridge", "the port of another bridge"),
        ("macvlan", "guests behind it would hear nothing"),
        ("ipvlan", "guests behind it would hear nothing"),
        ("ppp", "no Ethernet frames"),
        ("team", "only a physical NIC is known"),
    ],
)
def test_why_it_cannot_be_a_port_is_said(kind: str, why: str) -> None:
    assert why in refusal(fakes.seen(links=nic(kind=kind))).why


@pytest.mark.parametrize(
    ("mac", "what"),
    [
        ("80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0a:0b:0c", "has 20 octets"),
        ("", "has no hardware address"),
    ],
)
def test_an_interface_that_has_no_kind_and_is_no_ethernet(mac: str, what: str) -> None:
    found = refusal(fakes.seen(links=nic(mac=mac)))
    assert what in found.seen
    assert "Ethernet" in found.why


def test_a_wi_fi_interface_which_the_kernel_shows_as_ethernet() -> None:
    found = refusal(around=replace(fakes.GOOD, wireless=True))
    assert "Wi-Fi" in found.seen
    assert "cable" in found.then


@pytest.mark.parametrize("master", ["bond0", "br0"])
def test_a_nic_in_a_bond_or_bridge(master: str) -> None:
    assert f"already part of {master}" in refusal(fakes.seen(links=nic(master=master))).seen


@pytest.mark.parametrize("off", ["up", "carrier"])
def test_a_nic_without_a_link(off: str) -> None:
    assert "down or has no carrier" in refusal(fakes.seen(links=nic(**{off: False}))).seen


@pytest.mark.parametrize("kind", ["macvtap", "macvlan"])
def test_a_nic_under_another_interface(kind: str) -> None:
    child = fakes.link(f"{NIC}.7", kind=kind, lower=NIC)
    assert f"{NIC}.7 ({kind}) is on top" in refusal(fakes.seen(links=[*nic(), child])).seen


def tap(**other: object) -> Snapshot:
    return plus("taps", {"guest": "mail", "mac": "52:54:00:00:00:01", "type": "direct", **other})


def test_a_guest_that_holds_the_nic_by_macvtap() -> None:
    assert refusal(tap(source=NIC)).about == "guest mail"
    assert look(tap(source="enp4s0f1"))
    assert look(tap(source=NIC, type="bridge"))


@pytest.mark.parametrize("mtu", [1400, 9000])
def test_an_mtu_other_than_ethernet_s_is_carried_over_and_said(mtu: int) -> None:
    found = told(look(fakes.seen(links=nic(mtu=mtu))), "note", "MTU")
    assert f"{mtu} bytes" in found.seen
    assert f"given {mtu}" in found.then


def test_the_usual_mtu_is_fine() -> None:
    assert told(look(), "ok", "MTU")
