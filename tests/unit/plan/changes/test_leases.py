from __future__ import annotations

from runbook.plan.changes.leases import StopClient
from runbook.plan.changes.processes import Kill
from runbook.plan.changes.steps import RemoveFile, Restore, Unless

ARGV = ("/sbin/dhclient", "-4", "-v", "enp4s0f0")
FILES = ("/var/lib/dhcp/dhclient.enp4s0f0.leases", "/var/lib/dhcp/dhclient.leases")
RUNS = StopClient("dhclient", "enp4s0f0", (812, 813), ARGV, ARGV, FILES)
GONE = StopClient("dhclient", "enp4s0f0", (), (), (), FILES)


def test_it_is_killed_before_its_leases_go_and_told_nothing() -> None:
    assert RUNS.do() == (
        Kill(812, ARGV),
        Kill(813, ARGV),
        *(RemoveFile(path) for path in FILES),
    )


def test_the_operator_reads_which_process_it_is_and_what() -> None:
    assert Kill(812, ARGV).describe() == "kill -KILL 812   # /sbin/dhclient -4 -v enp4s0f0"


def test_its_leases_are_back_before_it_starts_and_it_starts_once() -> None:
    *files, start = RUNS.undo()
    assert files == [Restore(path) for path in FILES]
    assert start == Unless(ARGV, ARGV)


def test_a_client_that_did_not_run_is_not_started() -> None:
    assert GONE.do() == tuple(RemoveFile(path) for path in FILES)
    assert GONE.undo() == tuple(Restore(path) for path in FILES)
    assert GONE.before.split("\n") == ["no dhclient running", *FILES]


def test_the_operator_reads_which_client_it_is() -> None:
    assert RUNS.before.split("\n") == [" ".join(ARGV), *FILES]
    assert "no dhclient on enp4s0f0" in RUNS.after
