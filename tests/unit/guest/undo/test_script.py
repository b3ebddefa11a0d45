from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from runbook.guest.configure.guest_edit import FileEdit, GuestEdit
from runbook.guest.undo.layout import HOOK_TEXT
from runbook.guest.undo.script import change_script, later_script, setup_script

EDITS = (
    FileEdit(
        "/etc/network/interfaces", b"iface eth0 inet dhcp\n", b"iface eth0 inet static\n", 0o644
    ),
    FileEdit("/etc/it's new", None, b"\xff\0", 0o600),
)
IFUPDOWN = GuestEdit("ifupdown", "eth0", EDITS, (("ifdown", "eth0"),), (("ifup", "eth0"),))
NETPLAN = GuestEdit("netplan", "eth0", EDITS, (), (("netplan", "generate"), ("netplan", "apply")))
LENT = replace(NETPLAN, manager="netplan, lent", home="192.168.122.0/24")


def scripts() -> dict[str, str]:
    made = {e.manager: change_script(e, "change-1", "vm-01") for e in (IFUPDOWN, NETPLAN, LENT)}
    setup = setup_script(IFUPDOWN, "change-1", 300, made["ifupdown"])
    look = files("runbook.state.guest").joinpath("inside.sh").read_text()
    return {**made, "setup": setup, "later": later_script(), "hook": HOOK_TEXT, "look": look}


@pytest.mark.parametrize("name", scripts())
def test_a_critic_of_shells_finds_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "script").write_text(scripts()[name])
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(tmp_path / "script")]
    done = subprocess.run(critic, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_script_says_what_it_is_for_and_how_to_run_it() -> None:
    head = change_script(IFUPDOWN, "change-1", "vm-01").split("set -u")[0]
    for told in ("guest vm-01", "change-1", "/etc/network/interfaces", "sh undo confirm"):
        assert told in head


def test_netplan_makes_its_own_files_anew_before_a_boot_reads_them() -> None:
    assert "regenerate() {\n    run netplan generate\n}" in change_script(NETPLAN, "c", "vm")
    assert "regenerate() {\n    :\n}" in change_script(IFUPDOWN, "c", "vm")
