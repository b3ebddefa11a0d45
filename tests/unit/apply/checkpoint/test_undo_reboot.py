"""The script at a boot that the operator asked for, to see the changed host come up."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.apply.checkpoint.sandbox import Sandbox
from tests.unit.apply.checkpoint.test_undo import INTERFACES, batches, half_made

from runbook.plan.routed.procedure import make_plan

BOOT_ID = "/proc/sys/kernel/random/boot_id"
TIMER = f"runbook-deadline-{fakes.CHANGE}"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    made = half_made(tmp_path, make_plan(fakes.params(), fakes.seen()))
    made.file(BOOT_ID, "second\n")
    return made


def wish(sandbox: Sandbox, text: str = "first 3 300\n") -> Path:
    path = sandbox.folder / "reboot"
    path.write_text(text)
    return path


def fails(sandbox: Sandbox, program: str) -> None:
    with (sandbox.root / "programs" / program).open("a") as stub:
        stub.write("exit 1\n")


def undone(sandbox: Sandbox) -> bool:
    return (sandbox.root / INTERFACES[1:]).read_text() == fakes.INTERFACES


@pytest.mark.parametrize(
    "text",
    ["", "\n", "first", "first 3", "first 3 soon", "first -3 300", "second 3 300", "first 3 3 0"],
)
def test_a_wish_that_is_not_clear_or_of_this_very_boot_is_none(sandbox: Sandbox, text: str) -> None:
    wish(sandbox, text)
    assert sandbox.undo("boot") == 0
    assert undone(sandbox)


def test_a_countdown_that_does_not_start_undoes_the_change(sandbox: Sandbox) -> None:
    wish(sandbox)
    fails(sandbox, "timeout")
    sandbox.undo("boot")
    assert undone(sandbox)


def test_a_boot_without_an_id_is_none_that_was_asked_for(sandbox: Sandbox) -> None:
    wish(sandbox)
    (sandbox.root / BOOT_ID[1:]).unlink()
    sandbox.undo("boot")
    assert undone(sandbox)


def test_the_boot_after_it_undoes_the_change(sandbox: Sandbox) -> None:
    wish(sandbox)
    assert sandbox.undo("boot") == 0
    sandbox.file(BOOT_ID, "third\n")
    assert sandbox.undo("boot") == 0
    assert undone(sandbox)


def test_a_boot_whose_countdown_has_gone_is_undone_once_it_is_up(sandbox: Sandbox) -> None:
    wish(sandbox)
    sandbox.undo("boot")
    fails(sandbox, "systemctl")
    sandbox.undo("announce")
    assert undone(sandbox)
    assert fakes.ADDRESS in batches(sandbox)[0]


def test_an_undo_that_begins_before_the_host_goes_down_ends_the_wish(sandbox: Sandbox) -> None:
    path = wish(sandbox)
    fails(sandbox, "ip")
    sandbox.undo("deadline")
    assert not path.exists()
    sandbox.undo("boot")
    assert undone(sandbox)


@pytest.mark.parametrize("why", ["deadline", "operator", "console"])
def test_it_can_still_be_undone(sandbox: Sandbox, why: str) -> None:
    wish(sandbox)
    sandbox.undo("boot")
    sandbox.undo("announce")
    sandbox.undo(why)
    assert undone(sandbox)
    assert batches(sandbox)


def test_once_it_boots_with_the_change_in_place_and_a_countdown(sandbox: Sandbox) -> None:
    wish(sandbox)
    assert sandbox.undo("boot") == 0
    (start,) = (run for run in sandbox.ran() if "systemd-run" in run)
    assert f"--unit={TIMER}-3" in start
    assert "--on-active=300s" in start
    assert start[-3:] == ["/bin/sh", f"{sandbox.folder}/undo", "deadline"]
    assert sandbox.undo("announce") == 0
    assert not undone(sandbox)
    assert batches(sandbox) == []
    assert sandbox.armed.is_symlink()
    assert (sandbox.folder / "open").exists()
    assert "boots with the change in place" in sandbox.journal
    assert "begins" not in sandbox.journal
