"""Whose change it is, and what stands against ending it: told, and taken over on purpose only."""

from __future__ import annotations

import time

import pytest
from tests import bench
from tests.lab.returning import (
    ARMED,
    HOST,
    Before,
    console,
    is_armed,
    left,
    outcome,
    rolled_back,
    status,
    verb,
)

from runbook import run
from runbook.errors import ChangeInProgress, RollbackDiffers
from runbook.home import params_folder
from runbook.params import for_host
from runbook.state.diff import compare

INTERFACES = "/etc/network/interfaces"


def test_without_any_change_there_is_nothing_to_undo_and_that_is_no_success(start: Before) -> None:
    console("rm", "-rf", "/var/lib/runbook")
    assert status()["state"] == "never changed"
    for name in ("undo", "confirm"):
        done = verb(name, HOST)
        assert done.status == 1
        assert "no change was ever armed on this host" in done.said
    start.check()


def test_somebody_else_s_change_is_left_alone_until_it_is_taken_over(start: Before) -> None:
    left("network", operator="ann@elsewhere")
    for name in ("undo", "confirm"):
        refused = verb(name, HOST)
        assert refused.status == 1
        for said in ("ann@elsewhere", "armed at", "undone by itself in", "--take-over"):
            assert said in refused.said
    assert is_armed()
    # A new run is refused before it writes anything, and is told the same.
    with pytest.raises(ChangeInProgress, match="ann@elsewhere"):
        run.routed(for_host(params_folder(), {"host": HOST}))
    undone = verb("undo", HOST, "--take-over")
    assert undone.status == 0, undone.said
    assert "undo asked for by" in console("sh", "-c", "cat /var/lib/runbook/*/journal")
    start.check()


def test_a_change_that_nothing_will_end_is_explained_and_taken_over(start: Before) -> None:
    underway = left("cutover")
    console("systemctl", "stop", underway.armed.layout.timer(1) + ".timer")
    console("sh", "-c", "systemctl stop 'runbook-deadline-*.timer'")
    assert status()["stale"] == ["its timer does not run"]
    refused = verb("undo", HOST)
    assert refused.status == 1
    assert "nothing on the host will end it by itself" in refused.said
    assert "runs its undo script" in refused.said
    console("sh", "-c", f"echo '{{' >{underway.armed.layout.manifest}")
    assert "manifest.json is damaged" in verb("status", HOST).said
    undone = verb("undo", HOST, "--take-over")
    assert undone.status == 0, undone.said
    start.check()


def test_a_lock_that_points_nowhere_is_removed_and_nothing_is_called_as_before(
    start: Before,
) -> None:
    console("mkdir", "-p", "/var/lib/runbook")
    console("ln", "-s", "20260101T000000Z-abcdef", ARMED)
    told = status()
    assert told["state"] == "stale"
    assert "there is no undo script to run" in told["stale"]
    refused = verb("undo", HOST)
    assert "only removes its lock" in refused.said
    assert is_armed()
    done = verb("undo", HOST, "--take-over")
    assert done.status == 1
    assert "nothing was compared" in done.said
    assert outcome() == "unknown: go to the console"
    start.check()


def test_an_undo_that_cannot_put_all_back_says_so_at_once_and_stays_locked(start: Before) -> None:
    underway = left("network")
    # In this state the file can be read, and no other can take its place.
    console("mount", "--bind", INTERFACES, INTERFACES)
    began = time.monotonic()
    with pytest.raises(RollbackDiffers) as told:
        rolled_back(underway)
    assert time.monotonic() - began < 30
    assert f"the undo itself says: cannot put back {INTERFACES}" in str(told.value)
    assert "~ files: /etc/network/interfaces" in str(told.value)
    assert is_armed()
    assert "could not put everything back" in " ".join(status()["stale"])
    console("umount", INTERFACES)
    assert verb("undo", HOST, "--take-over").status == 0
    start.check()


def test_looking_writes_nothing(start: Before) -> None:
    left("prepare")
    seen = bench.snapshot()
    told = verb("status", HOST)
    assert told.status == 0
    assert "undone by itself in" in told.said
    assert str(compare(seen, bench.snapshot())) == ""
    assert is_armed()
    assert verb("undo", HOST).status == 0
    start.check()
