from __future__ import annotations

from tests.unit import fakes
from tests.unit.preflight.looking import look, refusal, told


def test_stp_needs_somebody_who_knows_the_switch() -> None:
    found = refusal(consent=[])
    assert (found.level, found.name) == ("consent", "bpdu")
    assert "BPDU guard" in found.why
    assert told(look(consent=[], stp=False), "ok", "STP")
    assert told(look(), "consent", "STP").given


def test_a_second_mac_on_the_switch_port_is_noted() -> None:
    assert "port security" in told(look(), "note", "bridge MAC").why


def test_a_bridge_with_the_nic_s_mac_is_what_linux_does() -> None:
    assert fakes.NIC_MAC in told(look(bridge_mac="nic"), "ok", "bridge MAC").seen
