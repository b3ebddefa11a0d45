from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC, Row, lease

from runbook.apply.checkpoint.script import restored_paths
from runbook.common.errors import Refused
from runbook.plan.changes.leases import StopClient
from runbook.plan.routed.dhcp_clients import start_command, stop_clients
from runbook.plan.routed.procedure import make_plan

FILE = str(lease()["lease_file"])


def planned(*leases: Row) -> list[StopClient]:
    return list(stop_clients(NIC, fakes.seen(leases=list(leases))))


def test_a_client_is_stopped_and_started_again_as_it_ran() -> None:
    (change,) = planned(lease(argv=f"/sbin/dhclient -4 -H 'a b' {NIC}"))
    argv = ("/sbin/dhclient", "-4", "-H", "a b", NIC)
    assert change == StopClient("dhclient", NIC, (812,), argv, argv, (FILE,))


def test_clients_of_both_families_are_each_started_again() -> None:
    six = lease(pid=813, argv=f"dhclient -6 {NIC}", lease_file=FILE.replace("client.", "client6."))
    found = planned(lease(), six)
    assert {change.pids for change in found} == {(812,), (813,)}
    assert {change.start[1] for change in found} == {"-4", "-6"}
    assert {change.lease_files for change in found} == {(FILE,), (six["lease_file"],)}


def test_leases_left_behind_go_with_the_client_or_alone() -> None:
    old = lease(pid=0, argv="", lease_file="/var/lib/dhcp/dhclient.leases")
    (change,) = planned(lease(), old)
    assert set(change.lease_files) == {FILE, old["lease_file"]}
    (alone,) = planned(old)
    assert (alone.pids, alone.start, alone.lease_files) == ((), (), (old["lease_file"],))


def test_dhcpcd_is_started_by_name_where_it_wrote_over_its_command_line() -> None:
    title = f"'dhcpcd: {NIC} [ip4]'"
    (change,) = planned(lease(client="dhcpcd", argv=title))
    assert change.argv == (f"dhcpcd: {NIC} [ip4]",)
    assert change.start == ("dhcpcd", NIC)
    plain = ("/sbin/dhcpcd", "-4", NIC)
    assert start_command("dhcpcd", NIC, plain) == plain
    assert start_command("dhcpcd", NIC, ()) == ("dhcpcd", NIC)


def test_another_interface_s_client_is_left_alone() -> None:
    assert planned(lease(ifname="enp4s0f1")) == []
    assert planned() == []


@pytest.mark.parametrize(
    ("others", "serves"),
    [
        ([lease(ifname="", client="dhcpcd")], "every interface"),
        ([lease(), lease(ifname="enp4s0f1")], "enp4s0f1"),
    ],
)
def test_a_client_that_others_need_is_not_stopped(others: list[Row], serves: str) -> None:
    with pytest.raises(Refused, match=f"process 812.* also serves {serves}") as refused:
        planned(*others)
    assert refused.value.host == "server-01"


def test_an_empty_lease_file_of_no_interface_stops_nothing() -> None:
    assert planned(lease(ifname="", pid=0, argv="")) == []


@pytest.mark.parametrize(
    ("client", "ifname"), [("udhcpc", NIC), ("systemd-networkd", ""), ("NetworkManager", "")]
)
def test_a_client_of_another_manager_is_refused_by_its_name(client: str, ifname: str) -> None:
    row = lease(client=client, ifname=ifname, lease_file="", argv=client)
    with pytest.raises(Refused, match=f"{client} runs \\(process 812\\)") as refused:
        planned(row)
    assert refused.value.state == "nothing was written"
    assert f"have ifupdown run {NIC}" in refused.value.then


def test_another_interface_s_client_of_another_manager_is_left_alone() -> None:
    assert planned(lease(client="udhcpc", ifname="enp4s0f1", lease_file="")) == []


def test_leases_where_the_written_procedure_has_them_are_moved_aside() -> None:
    by_hand = lease(pid=0, argv="", lease_file=f"/var/lib/dhcp/{NIC}/leases")
    (change,) = planned(lease(), by_hand)
    assert set(change.lease_files) == {FILE, by_hand["lease_file"]}
    plan = make_plan(fakes.params(), fakes.seen(leases=[lease(), by_hand]))
    assert {FILE, by_hand["lease_file"]} <= set(restored_paths(plan))
