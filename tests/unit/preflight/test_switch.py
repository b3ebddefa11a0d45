from __future__ import annotations

from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.preflight.looking import look, plus, refusal, told

from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Case, Finding, known_macs, switch
from runbook.state.snapshot import Snapshot


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


PUBLIC = {"address": "203.0.113.7/24", "gateway": "203.0.113.1"}


STANZA = f"iface {NIC} inet static\n    address 203.0.113.7/24\n    gateway 203.0.113.1\n"


def at_a_hoster(**tables: list[fakes.Row]) -> Snapshot:
    lan = fakes.connected(NIC) | {"dst": "203.0.113.0/24", "prefsrc": "203.0.113.7"}
    return fakes.seen(
        **{
            "addresses": [fakes.address(NIC, PUBLIC["address"])],
            "routes": [fakes.default(NIC) | {"gateway": PUBLIC["gateway"]}, lan],
            "files": [fakes.file("/etc/network/interfaces", STANZA)],
            **tables,
        }
    )


def judged(host: Snapshot, **asked: object) -> Finding:
    params = fakes.params(**asked)
    case = Case(params, make_plan(params, host), host, fakes.GOOD)
    return next(f for rule in switch.RULES for f in rule(case) if f.about == "bridge MAC")


def test_a_new_mac_at_a_public_address_needs_somebody_who_owns_the_switch() -> None:
    found = judged(at_a_hoster(), **PUBLIC)
    assert (found.level, found.name) == ("consent", "new-mac")
    assert "203.0.113.7 is a public address" in found.seen
    assert "bridge_mac: nic" in found.then
    assert "guest" in found.then


def test_the_nic_s_own_mac_needs_no_consent_at_a_public_address() -> None:
    assert judged(at_a_hoster(), **PUBLIC, bridge_mac="nic").level == "ok"


def test_a_public_ipv6_address_beside_a_private_one_is_a_sign() -> None:
    public6 = {**fakes.address(NIC, "2001:db8::7/64"), **fakes.ADDRESS6}
    host = plus("addresses", public6)
    assert next(known_macs.signs(host, NIC)) == "2001:db8::7 is a public address"
    private6 = {**fakes.address(NIC, "fd16::7/64"), **fakes.ADDRESS6}
    assert list(known_macs.signs(plus("addresses", private6), NIC)) == []


def test_a_gateway_off_the_link_and_an_address_without_a_subnet_are_signs() -> None:
    host = fakes.seen(
        addresses=[fakes.address(NIC, "172.16.1.1/32")],
        routes=[fakes.default(NIC, onlink=True)],
    )
    assert list(known_macs.signs(host, NIC)) == [
        "172.16.1.1 is a point-to-point address",
        "the gateway 172.16.0.1 is in no network of enp4s0f0",
    ]
