from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.preflight.looking import look, nic, plus, refusal, told

from runbook.state.snapshot import Snapshot


@pytest.mark.parametrize("kind", ["bridge", "vlan", "bond", "macvlan"])
def test_a_nic_that_is_no_nic(kind: str) -> None:
    assert f"it is a {kind}" in refusal(fakes.seen(links=nic(kind=kind))).seen


@pytest.mark.parametrize("master", ["bond0", "br0"])
def test_a_nic_in_a_bond_or_bridge(master: str) -> None:
    assert f"already part of {master}" in refusal(fakes.seen(links=nic(master=master))).seen


@pytest.mark.parametrize("off", ["up", "carrier"])
def test_a_nic_without_a_link(off: str) -> None:
    assert "down or has no carrier" in refusal(fakes.seen(links=nic(**{off: False}))).seen


@pytest.mark.parametrize("kind", ["vlan", "macvtap", "macvlan"])
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
