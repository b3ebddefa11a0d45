"""Each address of the NIC is given by a stanza, learned, or asked about."""

from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC, Row
from tests.unit.preflight.looking import told

from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, Finding, RefusedByPreflight, preflight
from runbook.state.snapshot import Snapshot

ABOUT = "who gives the address"
# The /24 is private, so no switch of somebody else is to be expected.
VIP = fakes.address(NIC, "10.0.0.100/24")


def host(text: str, *addresses: Row) -> Snapshot:
    files = [fakes.file("/etc/network/interfaces", text)]
    return fakes.seen(**fakes.more("addresses", *addresses), files=files)


def look(host: Snapshot, **asked: object) -> Cleared:
    wanted = fakes.params(**asked)
    return preflight(wanted, make_plan(wanted, host), host, fakes.GOOD)


def refusal(host: Snapshot) -> Finding:
    with pytest.raises(RefusedByPreflight) as refused:
        look(host)
    (against,) = [finding for finding in refused.value.findings if finding.against]
    return against


def test_an_address_that_no_stanza_gives_may_be_another_machine_s_next() -> None:
    found = refusal(host(fakes.INTERFACES, VIP))
    assert (found.about, found.name) == (ABOUT, "nic-by-name")
    assert "10.0.0.100/24" in found.seen
    assert "keepalived" in found.why
    assert "use virbr1" in found.then
    assert look(host(fakes.INTERFACES, VIP), consent=["bpdu", "nic-by-name"])


def test_the_host_s_address_from_elsewhere_would_come_back_to_the_nic() -> None:
    found = refusal(host(f"auto {NIC}\niface {NIC} inet manual\n"))
    assert found.seen.startswith(f"{fakes.ADDRESS} is on {NIC}")
    assert "libvirt starts no network" in found.why


@pytest.mark.parametrize(
    ("address", "row"),
    [
        ("10.0.0.9/24", fakes.address(NIC, "10.0.0.9/24")),
        ("fd16::9/64", {**fakes.address(NIC, "fd16::9/64"), **fakes.ADDRESS6}),
        ("fd16:0:0::9/64", {**fakes.address(NIC, "fd16::9/64"), **fakes.ADDRESS6}),
    ],
)
def test_an_address_of_a_stanza_in_any_spelling_is_known(address: str, row: Row) -> None:
    family = "inet6" if ":" in address else "inet"
    text = f"{fakes.INTERFACES}iface {NIC} {family} static\n    address {address}\n"
    assert told(look(host(text, row)), "ok", ABOUT)


@pytest.mark.parametrize(
    "row",
    [
        fakes.address(NIC, "169.254.7.7/16"),
        fakes.address(NIC, "fe80::1/64", scope="link") | {"family": "inet6"},
        fakes.address("enp4s0f1", "10.0.0.9/24"),
    ],
)
def test_link_local_addresses_and_those_of_others_need_no_stanza(row: Row) -> None:
    assert told(look(host(fakes.INTERFACES, row), consent=["bpdu", "new-mac"]), "ok", ABOUT)


def test_a_command_of_a_stanza_gives_its_address() -> None:
    text = f"{fakes.INTERFACES}    up ip addr add 10.0.0.100/24 dev {NIC}\n"
    assert told(look(host(text, VIP)), "ok", ABOUT)


def test_a_lease_s_address_is_given_by_the_stanza_that_asks_for_one() -> None:
    found = look(host(f"auto {NIC}\niface {NIC} inet dhcp\n"), bridge_mac="nic")
    assert told(found, "ok", ABOUT)
