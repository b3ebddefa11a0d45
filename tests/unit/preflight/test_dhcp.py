from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, IP, NIC, Row
from tests.unit.preflight.looking import look, plus, refusal, told

from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, Finding, RefusedByPreflight, preflight
from runbook.preflight.dhcp import LEAST_S
from runbook.state.dhcp_clients import Client, Trust
from runbook.state.host.environment import Listener, Surroundings
from runbook.state.snapshot import Snapshot

STANZA = fakes.file("/etc/network/interfaces", f"auto {NIC}\niface {NIC} inet dhcp\n")
LENT = {
    "client": {"leases": [fakes.lease()]},
    "lease": {"leases": [fakes.lease(pid=0)]},
    "lifetime": {"addresses": [fakes.address(NIC, fakes.ADDRESS, valid_lft_s=3600)]},
    "stanza": {"files": [STANZA]},
}


def network(**other: object) -> Snapshot:
    row = {"name": "lab", "bridge": "virbr7", "dhcp": "172.16.7.10-172.16.7.99"}
    return plus("networks", {**row, "addresses": "172.16.7.1/24", **other})


def against(host: Snapshot) -> list[Finding]:
    with pytest.raises(RefusedByPreflight) as refused:
        look(host)
    return [f for f in refused.value.findings if f.against]


@pytest.mark.parametrize("active", [True, False])
def test_a_libvirt_network_that_lends_addresses_of_the_lan(*, active: bool) -> None:
    found = [f for f in against(network(active=active)) if "lends" in f.seen]
    assert [f.about for f in found] == ["network lab"]
    assert "172.16.7.10-172.16.7.99" in found[0].seen


def test_a_libvirt_network_that_lends_addresses_on_the_bridge_of_that_name() -> None:
    found = against(network(bridge=BRIDGE, addresses="10.7.0.1/24"))
    assert any("lends" in f.seen for f in found)


def test_a_libvirt_network_that_lends_addresses_elsewhere_is_fine() -> None:
    assert look(network(addresses="192.168.122.1/24"))
    assert look(network(addresses=""))


def serving(address: str, ifname: str = "") -> Surroundings:
    return replace(fakes.GOOD, dhcp_servers=(Listener(address, ifname, "dnsmasq"),))


@pytest.mark.parametrize(("address", "ifname"), [("0.0.0.0", NIC), (IP, "")])  # noqa: S104
def test_a_dhcp_server_bound_to_the_nic(address: str, ifname: str) -> None:
    found = refusal(around=serving(address, ifname))
    assert (found.level, found.about) == ("block", "DHCP server")
    assert "dnsmasq" in found.seen


@pytest.mark.parametrize("address", ["0.0.0.0", "*", "[::]"])  # noqa: S104
def test_a_dhcp_server_that_listens_everywhere_is_for_somebody_who_knows_it(address: str) -> None:
    found = refusal(around=serving(address))
    assert (found.level, found.name) == ("consent", "dhcp-server")
    assert look(around=serving(address), consent=["bpdu", "dhcp-server"])


@pytest.mark.parametrize(("address", "ifname"), [("0.0.0.0", "virbr0"), ("192.168.122.1", "")])  # noqa: S104
def test_a_dhcp_server_of_another_network_is_fine(address: str, ifname: str) -> None:
    assert look(around=serving(address, ifname))


@pytest.mark.parametrize("sign", LENT)
def test_an_address_that_a_server_lends_for_the_nic_s_mac(sign: str) -> None:
    host = fakes.seen(**LENT[sign])
    found = refusal(host)
    assert (found.level, found.name) == ("consent", "dhcp-reservation")
    assert fakes.NIC_MAC in found.seen
    assert "bridge_mac: nic" in found.then
    assert look(host, consent=["bpdu", "dhcp-reservation"])


DHCLIENT = Client("dhclient", 812, NIC, ("dhclient", NIC), Trust.OWN, "/usr/sbin/dhclient", "root")
USERS = replace(DHCLIENT, trust=Trust.POWERLESS, exe="/usr/bin/perl", owner="mallory", pid=66)


def among(*clients: Client) -> Surroundings:
    return replace(fakes.GOOD, dhcp_clients=clients)


def test_a_user_s_process_that_is_called_like_a_client_is_only_noted_with_its_owner() -> None:
    for serves in (NIC, ""):
        found = told(look(around=among(replace(USERS, ifname=serves))), "note", "DHCP client")
        assert all(word in found.seen for word in ("process 66", "/usr/bin/perl", "mallory"))
        assert "leaves it alone" in found.why


@pytest.mark.parametrize("program", ["NetworkManager", "udhcpc", "connmand", "dhclient"])
def test_a_user_cannot_have_a_change_refused_by_the_name_of_a_process(program: str) -> None:
    host = among(replace(USERS, program=program, ifname=""))
    assert not [f for f in look(around=host).findings if f.against]


def test_any_number_of_them_is_one_note() -> None:
    many = [replace(USERS, pid=pid) for pid in range(100, 300)]
    found = told(look(around=among(*many)), "note", "DHCP client")
    assert "process 100" in found.seen
    assert "197 more" in found.seen
    assert len(found.seen) < 500


def test_a_container_s_client_is_noted_and_left_alone() -> None:
    inside = replace(DHCLIENT, trust=Trust.ELSEWHERE)
    assert "namespace" in told(look(around=among(inside)), "note", "DHCP client").why


def test_a_client_that_an_upgrade_replaced_on_disk_is_noted() -> None:
    old = replace(DHCLIENT, exe="/usr/sbin/dhclient (deleted)")
    found = told(look(around=among(old)), "note", "DHCP client")
    assert "812" in found.seen
    assert "upgrade" in found.why


def test_root_s_client_that_is_not_debian_s_is_refused_by_its_name() -> None:
    found = refusal(around=among(replace(DHCLIENT, trust=Trust.FOREIGN, exe="/opt/dhclient")))
    assert (found.level, found.about) == ("block", "DHCP client")
    assert all(word in found.seen for word in ("process 812", "/opt/dhclient", "root"))


def test_a_client_of_which_a_recording_has_only_the_words_is_not_known() -> None:
    found = refusal(around=among(Client("dhclient", 7, "", ("dhclient",), Trust.UNKNOWN)))
    assert "cannot judge it" in found.why
    assert "record the host again" in found.then


def test_a_client_of_another_interface_is_nobody_s_concern_here() -> None:
    other = replace(DHCLIENT, ifname="enp4s0f1")
    strange = [replace(other, trust=trust) for trust in Trust]
    assert told(look(around=among(DHCLIENT, *strange)), "ok", "DHCP client")


def test_a_lease_for_the_mac_that_the_bridge_keeps_is_only_noted() -> None:
    host = fakes.seen(**LENT["client"])
    assert (
        "bridge has the NIC's MAC" in told(look(host, bridge_mac="nic"), "note", "DHCP lease").seen
    )


@pytest.mark.parametrize(
    "other",
    [
        {"leases": [fakes.lease(ifname="enp4s0f1")]},
        fakes.more("addresses", fakes.address("enp4s0f1", "10.0.0.1/24", valid_lft_s=60)),
    ],
    ids=["client", "lifetime"],
)
def test_an_address_lent_to_another_interface_is_as_it_was(other: dict[str, list[Row]]) -> None:
    assert told(look(fakes.seen(**other)), "ok", "DHCP lease")


def kept_by_its_client(**tables: list[Row]) -> Cleared:
    asked = fakes.params(addressing="keep", bridge_mac="nic")
    host = fakes.seen(leases=[fakes.lease()], **tables)
    return preflight(asked, make_plan(asked, host), host, fakes.GOOD)


def test_a_client_that_goes_on_needs_no_consent_and_says_what_another_lease_would_do() -> None:
    found = told(kept_by_its_client(files=[STANZA]), "note", "DHCP lease")
    assert f"dhclient goes on on {BRIDGE}" in found.seen
    assert "lends another address" in found.why
    assert f"reserve {IP}" in found.then


def test_name_servers_follow_the_client_that_goes_on() -> None:
    resolv = fakes.file("/etc/resolv.conf", "# generated by resolvconf(8)\nnameserver 172.16.0.1\n")
    with pytest.raises(RefusedByPreflight, match="dns-nameservers"):
        look(fakes.seen(files=[STANZA, resolv], leases=[fakes.lease()]))
    assert told(kept_by_its_client(files=[STANZA, resolv]), "ok", "name servers")


def test_the_copy_of_a_lease_says_that_the_client_can_go_on() -> None:
    assert "addressing: keep" in refusal(fakes.seen(**LENT["client"])).then


def test_a_lease_that_may_end_before_the_cutover_is_refused() -> None:
    short = [fakes.address(NIC, fakes.ADDRESS, valid_lft_s=LEAST_S - 1, preferred_lft_s=1)]
    found = refusal(fakes.seen(addresses=short), consent=["bpdu", "dhcp-reservation"])
    assert (found.level, found.about) == ("block", "lease's end")
    assert f"ends in {LEAST_S - 1} s" in found.seen
    enough = [fakes.address(NIC, fakes.ADDRESS, valid_lft_s=LEAST_S, preferred_lft_s=1)]
    assert told(
        look(fakes.seen(addresses=enough), consent=["bpdu", "dhcp-reservation"]),
        "ok",
        "lease's end",
    )
