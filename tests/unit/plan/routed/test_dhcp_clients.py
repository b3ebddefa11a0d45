from __future__ import annotations

import shlex

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC, Row, lease

from runbook.apply.checkpoint.script import restored_paths
from runbook.common.errors import Refused
from runbook.plan.changes.leases import EndClient
from runbook.plan.forecast import after_plan
from runbook.plan.plan import Plan
from runbook.plan.promise.check import Check
from runbook.plan.routed.dhcp_clients import stop_clients
from runbook.plan.routed.procedure import make_plan
from runbook.state.snapshot import Snapshot

FILE = str(lease()["lease_file"])


def planned(*leases: Row) -> list[EndClient]:
    return list(stop_clients(NIC, fakes.seen(leases=list(leases))))


# As ifupdown of Debian 11, 12 and 13 starts it.
IFUPDOWN = (
    *("dhclient", "-4", "-v", "-i", "-pf", f"/run/dhclient.{NIC}.pid", "-lf", FILE),
    *("-I", "-df", f"/var/lib/dhcp/dhclient6.{NIC}.leases", NIC),
)
IFUPDOWN6 = (
    *("/sbin/dhclient", "-6", "-1", "-v", "-S", "-pf", f"/run/dhclient6.{NIC}.pid"),
    *("-lf", FILE.replace("client.", "client6."), "-I", "-df", FILE, NIC),
)


def as_argv(*words: str) -> str:
    return shlex.join(words)


def test_ifupdown_s_client_is_stopped_and_started_again_with_the_same_options() -> None:
    (change,) = planned(lease(argv=as_argv(*IFUPDOWN)))
    assert (change.client, change.ifname, change.pids) == ("dhclient", NIC, (812,))
    assert (change.argv, change.lease_files) == (IFUPDOWN, (FILE,))
    assert change.start[0] == "dhclient"
    assert change.start[-1] == NIC
    assert sorted(change.start) == sorted(IFUPDOWN)
    assert "-pf" in change.start
    assert change.start[change.start.index("-lf") + 1] == FILE


def test_a_metric_that_ifupdown_gives_comes_along_and_how_it_began_does_not() -> None:
    (change,) = planned(lease(argv=as_argv(*IFUPDOWN, "-e", "IF_METRIC=100")))
    assert change.start[change.start.index("-e") + 1] == "IF_METRIC=100"
    (six,) = planned(lease(argv=as_argv(*IFUPDOWN6)))
    assert "-1" not in six.start
    assert {"-6", "-S", f"/run/dhclient6.{NIC}.pid"} <= set(six.start)


def test_the_program_that_the_undo_starts_has_a_fixed_name_whatever_the_client_shows() -> None:
    (change,) = planned(lease(argv=f"/home/mallory/dhclient -4 {NIC}"))
    assert change.start == ("dhclient", "-v", "-4", NIC)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("-sf", "/home/x/script", NIC), "-sf"),
        (("-e", "PASSWORD=secret", NIC), "an unusual value of -e"),
        (("-e", "IF_METRIC=1 -sf x", NIC), "an unusual value of -e"),
        (("-e", "IF_METRIC=\u0663", NIC), "an unusual value of -e"),
        (("-cf", "/etc/dhcp/dhclient\u2160.conf", NIC), "an unusual value of -cf"),
        (("-lf", "/etc/shadow", NIC), "an unusual value of -lf"),
        (("-lf", "/var/lib/dhcp/../../../etc/shadow", NIC), "an unusual value of -lf"),
        (("-lf", "/var/lib/dhcp/a b", NIC), "an unusual value of -lf"),
        (("-pf", "/etc/passwd", NIC), "an unusual value of -pf"),
        (("-cf", "/home/x/dhclient.conf", NIC), "an unusual value of -cf"),
        (("-H", "web", NIC), "-H"),
        (("--request-options=secret", NIC), "--request-options"),
        ((NIC, "-lf"), "an unusual value of -lf"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_client_that_the_undo_could_not_start_as_it_ran_is_refused(
    words: tuple[str, ...], named: str
) -> None:
    with pytest.raises(Refused, match=f"dhclient \\(process 812\\) .* it runs with {named}") as no:
        planned(lease(argv=as_argv("/sbin/dhclient", *words)))
    assert no.value.state == "nothing was written"
    assert "secret" not in str(no.value)
    assert "as ifupdown does" in no.value.then


def test_leases_in_a_folder_of_somebody_s_own_are_never_moved() -> None:
    with pytest.raises(Refused, match="its leases are in /srv/dhcp/leases"):
        planned(lease(lease_file="/srv/dhcp/leases"))


def test_clients_of_both_families_are_each_started_again() -> None:
    six = lease(pid=813, argv=f"dhclient -6 {NIC}", lease_file=FILE.replace("client.", "client6."))
    found = planned(lease(), six)
    assert {change.pids for change in found} == {(812,), (813,)}
    assert {change.start[2] for change in found} == {"-4", "-6"}
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
    (plain,) = planned(lease(client="dhcpcd", argv=f"/sbin/dhcpcd -4 {NIC}"))
    assert plain.start == ("dhcpcd", NIC)
    with pytest.raises(Refused, match="it runs with --script"):
        planned(lease(client="dhcpcd", argv=f"/sbin/dhcpcd --script=/home/x {NIC}"))


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


@pytest.mark.parametrize(("client", "ifname"), [("udhcpc", NIC), ("connmand", "")])
def test_a_client_of_another_manager_is_refused_by_its_name(client: str, ifname: str) -> None:
    row = lease(client=client, ifname=ifname, lease_file="", argv=client)
    with pytest.raises(Refused, match=f"{client} runs \\(process 812\\)") as refused:
        planned(row)
    assert refused.value.state == "nothing was written"
    assert f"`iface {NIC} inet`" in refused.value.then
    assert "without stopping it" in refused.value.then


def test_a_manager_that_runs_for_something_else_is_no_client_of_the_nic() -> None:
    assert planned(lease(client="systemd-networkd", ifname="", lease_file="", argv="")) == []


def test_another_interface_s_client_of_another_manager_is_left_alone() -> None:
    assert planned(lease(client="udhcpc", ifname="enp4s0f1", lease_file="")) == []


def test_leases_where_the_written_procedure_has_them_are_moved_aside() -> None:
    by_hand = lease(pid=0, argv="", lease_file=f"/var/lib/dhcp/{NIC}/leases")
    (change,) = planned(lease(), by_hand)
    assert set(change.lease_files) == {FILE, by_hand["lease_file"]}
    plan = make_plan(fakes.params(), fakes.seen(leases=[lease(), by_hand]))
    assert {FILE, by_hand["lease_file"]} <= set(restored_paths(plan))


UNMANAGED = f"[keyfile]\nunmanaged-devices=interface-name:{NIC}\n"
LEFT_ALONE = [
    ("systemd-networkd", "/etc/systemd/network/wg0.network", "[Match]\nName=wg0\n"),
    ("NetworkManager", "/etc/NetworkManager/conf.d/90-lan.conf", UNMANAGED),
]


@pytest.mark.parametrize(("name", "path", "text"), LEFT_ALONE)
def test_a_manager_whose_files_leave_the_nic_alone_does_not_fail_the_verdict(
    name: str, path: str, text: str
) -> None:
    """It runs on, for something else, and the change is as promised."""
    running = [fakes.lease(client=name, pid=37, ifname="", lease_file="", argv=name)]
    stanza = f"iface {NIC} inet static\n    address {fakes.ADDRESS}\n"
    files = [fakes.file("/etc/network/interfaces", stanza), fakes.file(path, text)]
    seen = fakes.seen(leases=running, files=files)
    plan = make_plan(fakes.params(), seen)
    after = after_plan.after(plan, seen)
    assert dhcp(plan, after).kept
    # A file that comes later, and means the NIC.
    if name == "systemd-networkd":
        later = fakes.file("/etc/systemd/network/10-lan.network", f"[Match]\nName={NIC}\n")
        with_it = fakes.seen(leases=running, files=[*files, later])
        assert not dhcp(plan, with_it).kept


def dhcp(plan: Plan, seen: Snapshot) -> Check:
    (check,) = (c for c in plan.of_host.checks(seen) if c.about == f"DHCP on {NIC}")
    return check
