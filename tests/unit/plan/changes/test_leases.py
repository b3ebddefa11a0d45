from __future__ import annotations

from runbook.plan.changes.aside import MoveAside, PutBack
from runbook.plan.changes.file_steps import RemoveFile, Restore
from runbook.plan.changes.leases import EndClient, StopClient
from runbook.plan.changes.processes import Kill, StartClient
from runbook.plan.changes.steps import Unless

ARGV = ("/sbin/dhclient", "-4", "-v", "enp4s0f0")
START = ("dhclient", "-4", "enp4s0f0")
FILES = ("/var/lib/dhcp/dhclient.enp4s0f0.leases", "/var/lib/dhcp/dhclient.leases")
RUNS = EndClient("dhclient", "enp4s0f0", (812, 813), ARGV, START, FILES)
GONE = EndClient("dhclient", "enp4s0f0", (), (), (), FILES)


def test_it_is_killed_before_its_leases_go_and_told_nothing() -> None:
    assert RUNS.do() == (
        Kill(812, ARGV),
        Kill(813, ARGV),
        *(MoveAside(path) for path in FILES),
    )


def test_the_operator_reads_which_process_it_is_and_what() -> None:
    assert Kill(812, ARGV).describe() == "kill -KILL 812   # /sbin/dhclient -4 -v enp4s0f0"


def test_its_leases_are_back_before_it_starts_and_it_starts_once() -> None:
    *files, start = RUNS.undo()
    assert files == [PutBack(path) for path in FILES]
    assert start == StartClient("enp4s0f0", START)


def test_a_client_that_did_not_run_is_not_started() -> None:
    assert GONE.do() == tuple(MoveAside(path) for path in FILES)
    assert GONE.undo() == tuple(PutBack(path) for path in FILES)
    assert GONE.before.split("\n") == ["no dhclient running", *FILES]


def test_the_operator_reads_which_client_it_is() -> None:
    assert RUNS.before.split("\n") == [" ".join(ARGV), *FILES]
    assert "no dhclient on enp4s0f0" in RUNS.after


def test_the_operator_reads_where_a_lease_goes_and_how_the_client_is_started() -> None:
    aside = f"{FILES[0]}.runbook-aside"
    assert MoveAside(FILES[0]).describe() == f"mv {FILES[0]} {aside}"
    assert PutBack(FILES[0]).describe() == f"mv {aside} {FILES[0]}"
    started = StartClient("enp4s0f0", START)
    assert started.describe() == "dhclient -4 enp4s0f0   # unless it runs already"


def test_two_clients_of_one_interface_are_told_apart_by_the_family() -> None:
    assert StartClient("enp4s0f0", START).family == "-4"
    assert StartClient("enp4s0f0", ("dhclient", "-6", "enp4s0f0")).family == "-6"
    assert StartClient("enp4s0f0", ("dhcpcd", "enp4s0f0")).family == "-4"


def test_what_version_0_1_planned_is_made_and_undone_as_it_was_written() -> None:
    older = StopClient("dhclient", "enp4s0f0", (812,), ARGV, ARGV, FILES)
    assert older.do() == (Kill(812, ARGV), *(RemoveFile(path) for path in FILES))
    assert older.undo() == (*(Restore(path) for path in FILES), Unless(ARGV, ARGV))
