"""The script of a revert, and its undo, run by a shell in a folder that stands for the host."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.apply.checkpoint.sandbox import Sandbox
from tests.unit.apply.checkpoint.test_revert_script import REVERT, make_again, take_back
from tests.unit.apply.checkpoint.test_undo import INTERFACES, half_made

from runbook.plan.routed.procedure import make_plan

NETWORK = "/etc/libvirt/qemu/networks/routed.xml"
PLAN = make_plan(fakes.params(), fakes.seen())


@dataclass(frozen=True, slots=True)
class Reverting:
    """A host with a confirmed change, and a revert of it that is armed."""

    change: Sandbox
    revert: Sandbox

    def part(self, name: str) -> int:
        """Run one part; its exit status."""
        argv = ["/bin/sh", str(self.change.folder / "revert"), name]
        done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
        return done.returncode

    def text(self, path: str) -> str:
        return (self.change.root / path.lstrip("/")).read_text()


@pytest.fixture
def host(tmp_path: Path) -> Reverting:
    """All that arming leaves, and nothing taken back yet."""
    change = half_made(tmp_path, PLAN)
    change.armed.unlink()
    script = change.folder / "revert"
    script.write_text(change.programs.as_path_of(change.moved(take_back(PLAN))))
    revert = Sandbox(tmp_path, REVERT)
    for folder in ("originals", "made"):
        (revert.folder / folder).mkdir(parents=True)
    for name in ("lock", "undo.lock", "open", "ballast", "journal"):
        (revert.folder / name).touch()
    revert.armed.symlink_to(REVERT)
    again = change.moved(make_again(PLAN))
    (revert.folder / "undo").write_text(change.programs.as_path_of(again))
    return Reverting(change, revert)


def test_without_an_armed_revert_nothing_is_taken_back(host: Reverting) -> None:
    host.revert.armed.unlink()
    assert [host.part(name) for name in ("files", "network", "rest")] == [1, 1, 1]
    assert host.text(INTERFACES) == "changed\n"
    assert host.change.ran() == []


def test_while_another_change_is_armed_nothing_is_taken_back(host: Reverting) -> None:
    (host.revert.folder / "undo").write_text("#!/bin/sh\n# The change moves an address.\n")
    assert host.part("files") == 1
    assert host.text(INTERFACES) == "changed\n"


def test_once_the_undo_of_the_revert_has_begun_no_part_is_taken_back(host: Reverting) -> None:
    (host.revert.folder / "open").unlink()
    assert host.part("files") == 1
    assert host.text(INTERFACES) == "changed\n"


def test_a_part_of_no_such_name_is_an_error(host: Reverting) -> None:
    assert host.part("all") == 1
    assert "there is no part of this name: all" in host.revert.journal


def test_the_files_come_from_the_change_and_the_words_go_to_the_revert(host: Reverting) -> None:
    before = host.change.journal
    assert host.part("files") == 0
    assert host.text(INTERFACES) == fakes.INTERFACES
    assert host.change.journal == before
    assert host.change.ran() == [] or all(a[0] != "virsh" for a in host.change.ran())


def test_the_network_part_moves_the_address_and_leaves_the_files(host: Reverting) -> None:
    assert host.part("network") == 0
    batches = [argv[-1] for argv in host.change.ran() if argv[0] == "ip" and "-batch" in argv]
    assert any(f"link set dev {fakes.NIC} nomaster" in batch for batch in batches)
    assert host.text(INTERFACES) == "changed\n"
    assert all(argv[0] != "virsh" for argv in host.change.ran())


def test_a_network_that_is_not_back_is_an_error_in_the_journal_of_the_revert(
    host: Reverting,
) -> None:
    host.change.shows("", "")
    assert host.part("network") == 1
    assert "taking back: not as before: " in host.revert.journal


def test_the_undo_of_a_revert_makes_the_change_again(host: Reverting) -> None:
    kept = host.revert.folder / "originals" / "9-routed.xml"
    kept.write_text("<network/>\n")
    assert host.revert.undo("deadline") == 1, "nothing here makes a bridge"
    ran = host.change.ran()
    defined = [argv for argv in ran if argv[0] == "virsh" or "virsh" in argv]
    assert any(str(kept) in argv for argv in defined)
    batches = [argv[-1] for argv in ran if argv[0] == "ip" and "-batch" in argv]
    assert any(f"link set dev {fakes.NIC} master virbr1" in batch for batch in batches)
    assert f"not as before: {fakes.NIC} is in virbr1" in host.revert.journal
    # It stays armed: the next boot, or a person, tries again.
    assert host.revert.armed.is_symlink()


def test_the_undo_of_a_revert_that_took_nothing_back_touches_no_network(host: Reverting) -> None:
    bridge = host.change.root / "sys/class/net/virbr1"
    bridge.mkdir(parents=True, exist_ok=True)
    (host.change.root / f"sys/class/net/{fakes.NIC}/master").symlink_to(bridge)
    host.change.file(NETWORK, "<network/>\n")
    # `ip` shows the same for each interface here, so no address of the NIC can be looked for.
    undo = host.revert.folder / "undo"
    lines = undo.read_text().splitlines(keepends=True)
    undo.write_text("".join(line for line in lines if "has_no_address enp" not in line))
    host.change.shows(f"7: virbr1 inet {fakes.ADDRESS}", "default dev virbr1")
    host.revert.undo("deadline")
    batches = [argv for argv in host.change.ran() if argv[0] == "ip" and "-batch" in argv]
    assert batches == []
    assert "not as before: enp4s0f0" not in host.revert.journal
    # libvirt says nothing here.
    assert "not as before: the network routed runs" in host.revert.journal


def test_at_a_boot_the_network_is_a_file_and_a_link_that_libvirt_reads(host: Reverting) -> None:
    (host.change.root / "etc/libvirt/qemu/networks/autostart/routed.xml").unlink()
    host.revert.undo("boot")
    link = host.change.root / "etc/libvirt/qemu/networks/autostart/routed.xml"
    assert link.is_symlink()
    assert str(link.readlink()).endswith("/etc/libvirt/qemu/networks/routed.xml")
    assert all(argv[0] != "virsh" for argv in host.change.ran())
