"""Whose change it is, and what stands against ending it: told, and taken over on purpose only."""

from __future__ import annotations

import time

import pytest
from tests.bench import thorough
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

from runbook.common.errors import ChangeInProgress, RollbackDiffers
from runbook.common.folders import params_folder
from runbook.params import for_host
from runbook.plan.plan import PHASES
from runbook.run import pipeline

INTERFACES = "/etc/network/interfaces"
# Files of the host that lead to it, and by which no change could be made.
WRONG_FOR_A_CHANGE = "connect: ssh\nbridge: enp4s0f0\ngatway: 172.16.0.1\nrules: broken.rules\n"
WAY_ALONE = "connect: ssh\n"


def test_somebody_else_s_change_is_left_alone_until_it_is_taken_over(start: Before) -> None:
    underway = left("network", operator="ann@elsewhere")
    for name in ("undo", "confirm"):
        refused = verb(name, HOST)
        assert refused.status == 1
        for said in ("ann@elsewhere", "armed at", "undone by itself in", "--take-over"):
            assert said in refused.said
    # A new run is refused before it writes anything, and is told the same.
    with pytest.raises(ChangeInProgress, match="ann@elsewhere"):
        pipeline.change(pipeline.open_session(for_host(params_folder(), {"host": HOST})))
    assert is_armed()

    # Whoever it was stopped the timer and broke the manifest: now it is nobody's.
    console("sh", "-c", "systemctl stop 'runbook-deadline-*.timer'")
    console("sh", "-c", f"echo '{{' >{underway.armed.layout.manifest}")
    assert status()["stale"] == ["its timer does not run"]
    assert "manifest.json is damaged" in verb("status", HOST).said
    refused = verb("undo", HOST)
    assert refused.status == 1
    assert "nothing on the host will end it by itself" in refused.said
    assert "runs its undo script" in refused.said
    undone = verb("undo", HOST, "--take-over")
    assert undone.status == 0, undone.said
    assert "undo asked for by" in console("cat", underway.armed.layout.journal)
    start.check()


def test_a_lock_that_points_nowhere_is_removed_and_nothing_is_called_as_before(
    start: Before,
) -> None:
    console("rm", "-rf", "/var/lib/runbook")
    assert status()["state"] == "never changed"
    none = verb("undo", HOST)
    assert none.status == 1
    assert "no change was ever armed on this host" in none.said

    console("mkdir", "-p", "/var/lib/runbook")
    console("ln", "-s", "20260101T000000Z-abcdef", ARMED)
    told = status()
    assert told["state"] == "stale"
    assert "there is no undo script to run" in told["stale"]
    assert "only removes its lock" in verb("undo", HOST).said
    assert is_armed()
    done = verb("undo", HOST, "--take-over")
    assert done.status == 1
    assert "nothing was compared" in done.said
    assert outcome() == "unknown: go to the console"
    start.check()


@pytest.mark.thorough
def test_an_undo_that_cannot_put_all_back_says_so_at_once_and_stays_locked(start: Before) -> None:
    underway = left("network")
    # In this state the file can be read, and no other can take its place.
    console("mount", "--bind", INTERFACES, INTERFACES)
    began = time.monotonic()
    with pytest.raises(RollbackDiffers) as told:
        rolled_back(underway)
    assert time.monotonic() - began < 30
    assert f"the undo script reports: cannot put back {INTERFACES}" in str(told.value)
    assert "~ files: /etc/network/interfaces" in str(told.value)
    assert is_armed()
    assert "could not put everything back" in " ".join(status()["stale"])
    console("umount", INTERFACES)
    assert verb("undo", HOST, "--take-over").status == 0
    start.check()


def leave_only(text: str | None) -> None:
    """Have this for the host's file, or no file; beside it, rules that nobody can read."""
    file = params_folder() / f"{HOST}.yaml"
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    (params_folder() / "broken.rules").write_text("*filter\n-A INPUT -j\n")


@pytest.mark.parametrize("text", [WRONG_FOR_A_CHANGE, thorough(WAY_ALONE), None])
def test_a_file_by_which_no_change_could_be_made_leads_to_the_undo(
    start: Before, text: str | None
) -> None:
    left("cutover")
    leave_only(text)
    assert "undone by itself in" in verb("status", HOST).said
    undone = verb("undo", HOST)
    assert undone.status == 0, undone.said
    assert outcome() == "undone: as before"
    start.check()


@pytest.mark.usefixtures("start")
def test_a_file_by_which_no_change_could_be_made_leads_to_the_confirmation() -> None:
    left(PHASES[-1])
    leave_only(WRONG_FOR_A_CHANGE)
    confirmed = verb("confirm", HOST)
    assert confirmed.status == 0, confirmed.said
    assert outcome() == "as promised"
    assert not is_armed()


@pytest.mark.usefixtures("start")
def test_another_machine_than_the_one_pinned_is_not_undone() -> None:
    left("network")
    leave_only(f"{WAY_ALONE}machine_id: {'0' * 32}\n")
    refused = verb("undo", HOST)
    assert refused.status == 1
    assert "this is another machine" in refused.said
    assert is_armed()
