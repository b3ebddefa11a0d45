from __future__ import annotations

from runbook.plan.changes.file_steps import (
    EditFile,
    LineEdit,
    MakeDir,
    RemoveDir,
    Restore,
    WriteFile,
)
from runbook.plan.changes.files import EditLines, PutFile

PUT = PutFile("/etc/sysctl.d/60-x.conf", "net.ipv4.ip_forward = 1\n\u00e9", 0o644, "keep it")
EDITS = (LineEdit(2, 3, "iface a inet manual\n"), LineEdit(9, 8, "more\n"))
EDIT = EditLines("/etc/network/interfaces", "f" * 64, EDITS, "iface a inet dhcp\n", "no address")


def test_a_new_file_comes_after_its_folder_and_goes_before_it() -> None:
    content = PUT.text.encode()
    assert PUT.do() == (MakeDir("/etc/sysctl.d"), WriteFile(PUT.path, content, 0o644))
    assert PUT.undo() == (Restore(PUT.path), RemoveDir("/etc/sysctl.d"))
    assert PUT.before.endswith("absent")
    assert PUT.text in PUT.after


def test_an_edit_is_bound_to_the_bytes_it_was_made_for() -> None:
    assert EDIT.do() == (EditFile(EDIT.path, "f" * 64, EDITS),)
    assert EDIT.undo() == (Restore(EDIT.path),)


def test_the_operator_reads_the_lines_before_and_after_and_no_others() -> None:
    assert EDIT.before == "/etc/network/interfaces:\niface a inet dhcp\n"
    assert EDIT.after == "/etc/network/interfaces:\niface a inet manual\nmore\n"
    assert (EDIT.title, PUT.title) == ("no address", "keep it")
