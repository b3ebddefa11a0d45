from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import NIC, FakeHost
from tests.unit.processes import PACKAGED, argv, holding, of_mallory, process
from tests.unit.state.recorded import as_documented, host

from runbook.state import dhcp_clients, leases
from runbook.transport.host import HostFile
from runbook.transport.process import Process

FOLDER = "/var/lib/dhcp"
# As ifupdown starts it.
IFUPDOWN = (
    *("/sbin/dhclient", "-4", "-v", "-i", "-pf", f"/run/dhclient.{NIC}.pid"),
    *("-lf", f"{FOLDER}/dhclient.{NIC}.leases", "-I", "-df", f"{FOLDER}/dhclient6.{NIC}.leases"),
    NIC,
)
LEASE = """\
lease {{
  interface "{ifname}";
  fixed-address {address};
  option subnet-mask 255.255.0.0;
  option dhcp-server-identifier 172.16.0.1;
  option host-name "a;b";
  renew 0 2026/03/01 06:00:00;
  expire 0 2026/03/01 {hour:02d}:30:00;
}}
"""


def file(name: str, content: str = "") -> HostFile:
    return HostFile(f"{FOLDER}/{name}", content.encode(), 0o644)


def rows(cmdlines: dict[int, bytes], *files: HostFile) -> list[dict[str, Any]]:
    there = [replace(process(), pid=pid, cmdline=line) for pid, line in cmdlines.items()]
    table = leases.parse(dhcp_clients.clients(there, PACKAGED), files)
    assert as_documented(table, leases.TABLE)
    return [row._asdict() for row in table]


def test_a_client_of_ifupdown_and_its_last_lease() -> None:
    content = LEASE.format(ifname=NIC, address="172.16.9.9", hour=11)
    content += LEASE.format(ifname=NIC, address="172.16.1.1", hour=12)
    (row,) = rows({812: argv(*IFUPDOWN)}, file(f"dhclient.{NIC}.leases", content))
    assert (row["client"], row["pid"], row["ifname"]) == ("dhclient", 812, NIC)
    assert tuple(shlex.split(row["argv"])) == IFUPDOWN
    assert row["lease_file"] == f"{FOLDER}/dhclient.{NIC}.leases"
    assert (row["address"], row["server"]) == ("172.16.1.1", "172.16.0.1")
    assert row["expires"] == "2026-03-01T12:30:00+00:00"


def test_clients_of_both_families_are_two_with_a_file_each() -> None:
    files = [file(f"dhclient6.{NIC}.leases"), file(f"dhclient.{NIC}.leases")]
    cmdlines = {1: argv("dhclient", "-6", NIC), 2: argv("dhclient", "-4", NIC)}
    found = {r["pid"]: r["lease_file"] for r in rows(cmdlines, *files)}
    assert found == {1: files[0].path, 2: files[1].path}


def test_two_clients_of_one_lease_file_are_two() -> None:
    cmdlines = {1: argv("dhclient", NIC), 2: argv("dhclient", "-4", NIC)}
    assert {r["pid"] for r in rows(cmdlines, file(f"dhclient.{NIC}.leases"))} == {1, 2}


def test_a_client_of_dhcpcd_and_its_lease() -> None:
    lease = HostFile(f"/var/lib/dhcpcd/{NIC}.lease", b"\2\1\6\0\xff", 0o600)
    (row,) = rows({9: argv(f"dhcpcd: {NIC} [ip4]") + bytes(8)}, lease)
    assert (row["client"], row["pid"], row["lease_file"]) == ("dhcpcd", 9, lease.path)


@given(st.binary(max_size=80), st.binary(max_size=80).filter(bool))
def test_no_file_and_no_command_line_breaks_it(content: bytes, cmdline: bytes) -> None:
    (row,) = rows({}, HostFile(f"{FOLDER}/dhclient.{NIC}.leases", content, 0o644))
    assert row["lease_file"]
    rows({1: cmdline})


@pytest.mark.parametrize(
    ("path", "client", "ifname"),
    [
        (f"{FOLDER}/{NIC}/leases", "dhclient", NIC),
        (f"{FOLDER}/{NIC}/dhclient.leases", "dhclient", NIC),
        (f"{FOLDER}/eth7/dhclient.{NIC}.leases", "dhclient", NIC),
        (f"/var/lib/dhcpcd/{NIC}.lease6", "dhcpcd", NIC),
        (f"/var/lib/dhcpcd5/dhcpcd-{NIC}.lease", "dhcpcd", NIC),
    ],
)
def test_leases_wherever_a_release_or_a_person_keeps_them(
    path: str, client: str, ifname: str
) -> None:
    there = FakeHost()
    there.hold(path, "")
    (row,) = leases.read(there)
    assert (row.client, row.ifname, row.lease_file) == (client, ifname, path)


def test_a_file_that_a_client_names_is_read_only_in_debian_s_folders() -> None:
    there = holding(process("/sbin/dhclient", "-lf", "/srv/dhcp/lan.db", NIC, pid=5))
    there.hold("/srv/dhcp/lan.db", LEASE.format(ifname=NIC, address="172.16.1.1", hour=12))
    (row,) = leases.read(there)
    assert (row.pid, row.lease_file, row.address) == (5, "/srv/dhcp/lan.db", "")


def test_processes_and_files_are_read_from_where_they_are() -> None:
    there = holding(process(*IFUPDOWN, pid=812), process("/sbin/init", exe="/sbin/init", pid=1))
    there.hold(
        f"{FOLDER}/dhclient.{NIC}.leases", LEASE.format(ifname=NIC, address="1.2.3.4", hour=1)
    )
    (row,) = leases.read(there)
    assert (row.pid, row.address) == (812, "1.2.3.4")


@pytest.mark.parametrize(
    "other",
    [
        of_mallory("/home/mallory/dhclient", "-lf", "/etc/shadow", NIC),
        of_mallory("/home/mallory/NetworkManager"),
        replace(process("/sbin/dhclient", NIC), net=False),
        process("/sbin/dhclient", NIC, exe="/opt/dhclient"),
        replace(process("/sbin/dhclient", NIC), uids=()),
    ],
    ids=["mallory", "mallory's manager", "container", "another program", "not known"],
)
def test_a_process_that_is_not_the_host_s_own_client_is_in_no_row(other: Process) -> None:
    assert not leases.read(holding(other))


@pytest.mark.parametrize("uid", [0, 998])
def test_another_manager_that_can_configure_the_network_is_a_row(uid: int) -> None:
    exe = "/usr/lib/systemd/systemd-networkd"
    (row,) = leases.read(holding(replace(process(exe, exe=exe), uids=(uid,) * 4)))
    assert (row.client, row.ifname) == ("systemd-networkd", "")


def test_the_recorded_host_has_no_client(tmp_path: Path) -> None:
    table = leases.read(host(tmp_path))
    assert as_documented(table, leases.TABLE)
    assert not table
