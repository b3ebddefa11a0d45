from __future__ import annotations

from dataclasses import replace

from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.preflight.looking import look, told

ABOUT = "your connection"


def test_a_connection_by_the_nic_is_told_what_brings_it_back() -> None:
    found = told(look(around=replace(fakes.GOOD, management_ifname=NIC)), "note", ABOUT)
    assert NIC in found.seen
    assert "undo brings you back" in found.then


def test_a_connection_that_cannot_be_traced_is_not_taken_for_a_safe_one() -> None:
    found = told(look(around=replace(fakes.GOOD, management_ifname="")), "note", ABOUT)
    assert "is not known" in found.seen


def test_a_connection_by_another_interface_stays() -> None:
    found = told(look(around=replace(fakes.GOOD, management_ifname="enp4s0f1")), "ok", ABOUT)
    assert found.seen == "you stay connected over enp4s0f1"
