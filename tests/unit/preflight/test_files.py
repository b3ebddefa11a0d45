"""Files that cannot be judged or written are refused by name, with the command that mends it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import inode
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight import RefusedByPreflight
from runbook.state.host.environment import Surroundings, WritePath
from runbook.state.snapshot import Snapshot
from runbook.transport.host import Inode

PATH, FOLDER = "/etc/network/interfaces", "/etc/network"
SOURCING = f"source {FOLDER}/interfaces.d/*\n"


def writing(*inodes: Inode, path: str = PATH) -> Surroundings:
    return replace(fakes.GOOD, writes=(WritePath(path, inodes),))


@pytest.mark.parametrize(
    ("found", "words", "command"),
    [
        (inode(PATH, immutable=True), "immutable", f"chattr -i {PATH}"),
        (inode(PATH, append_only=True), "append-only", f"chattr -a {PATH}"),
        (inode(FOLDER, folder=True, immutable=True), "immutable", f"chattr -i {FOLDER}"),
        (inode(FOLDER, folder=True, append_only=True), "append-only", f"chattr -a {FOLDER}"),
        (inode(PATH, mount="/etc", read_only=True), "read-only", "mount -o remount,rw /etc"),
        (inode(PATH, mount=PATH), "mount point", f"umount {PATH}"),
        (inode(PATH, mount=PATH, read_only=True), "mount point", f"umount {PATH}"),
        (inode(PATH, links=2), "hard links", f"cp -a {PATH} {PATH}.new && mv {PATH}.new {PATH}"),
        (inode("/etc/a b", immutable=True), "immutable", "chattr -i '/etc/a b'"),
    ],
)
def test_what_cannot_be_written_is_named_with_the_command_that_mends_it(
    found: Inode, words: str, command: str
) -> None:
    finding = refusal(around=writing(found, inode("/etc", folder=True)))
    assert found.path in finding.seen
    assert words in finding.seen
    assert command in finding.then


def test_a_folder_has_many_names_and_a_mount_of_its_own() -> None:
    folder = inode("/var/lib/runbook", folder=True, links=7, mount="/var/lib/runbook")
    assert told(look(around=writing(folder)), "ok", "files: write")


def test_a_folder_of_several_files_is_named_once() -> None:
    folder = inode(FOLDER, folder=True, immutable=True)
    around = replace(fakes.GOOD, writes=(WritePath(PATH, (folder,)), WritePath("/x", (folder,))))
    refusal(around=around)


def test_a_path_that_a_recorded_host_was_not_asked_about_is_named() -> None:
    found = told(look(around=writing()), "note", "files: write")
    assert PATH in found.seen


def seen(content: str, other: str = "") -> Snapshot:
    files = [fakes.file(PATH, content), fakes.file(f"{FOLDER}/interfaces.d/x", other)]
    return fakes.seen(files=files)


@pytest.mark.parametrize(
    ("content", "other", "words"),
    [
        (f"{fakes.INTERFACES}# a\0b\n", "", f"{PATH} has a NUL byte in line 5"),
        (f"{SOURCING}{fakes.INTERFACES}", "\0", "interfaces.d/x has a NUL byte in line 1"),
        (f"\ufeff{fakes.INTERFACES}", "", f"{PATH}: ifupdown stops reading at line 1"),
        (f"{fakes.INTERFACES}auto lo\n  mtu 9\n", "", "stops reading at line 6"),
        (
            f"{SOURCING}{fakes.INTERFACES}",
            f"mtu 9000\nallow-hotplug {fakes.NIC}\n",
            "interfaces.d/x: ifupdown stops reading at line 1",
        ),
    ],
)
def test_a_file_that_ifupdown_does_not_read_as_it_stands_is_refused(
    content: str, other: str, words: str
) -> None:
    assert words in refusal(seen(content, other)).seen


def test_a_file_that_the_next_boot_does_not_hang_on_may_say_anything() -> None:
    readme = f"{SOURCING}{fakes.INTERFACES}", "see the manual page of interfaces(5)\n"
    assert told(look(seen(*readme)), "ok", "files: read")


def test_all_that_cannot_be_written_is_said_at_once() -> None:
    around = writing(inode(PATH, immutable=True, links=2), inode(FOLDER, folder=True))
    with pytest.raises(RefusedByPreflight) as refused:
        look(around=around)
    assert len([f for f in refused.value.findings if f.against]) == 2
