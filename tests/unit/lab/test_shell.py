"""Whose a process is: labs side by side have the same names, and only one of them is ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook.lab import machine, shell

NSPAWN = ("systemd-nspawn", "--machine=rb-server-01", "--directory=/run/runbook-lab/x/root")


class Proc:
    """A folder that looks like /proc to whoever reads command lines there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("here", "elsewhere"):
            (folder / name / "run").mkdir(parents=True)
        self.process("self", namespace=1, root="here")

    def process(self, pid: str, *words: str, namespace: int = 1, root: str = "here") -> None:
        place = self.folder / pid
        (place / "ns").mkdir(parents=True)
        (place / "ns/pid").symlink_to(f"pid:[{namespace}]")
        (place / "root").symlink_to(self.folder / root)
        (place / "cmdline").write_text("".join(f"{word}\0" for word in words))
        (place / "stat").write_text(f"{pid} (x) S 1 1 1")


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Proc:
    monkeypatch.setattr(shell, "PROC", tmp_path)
    monkeypatch.setattr(shell, "alive", lambda _pid: True)
    return Proc(tmp_path)


def test_a_host_of_this_lab_is_found(proc: Proc) -> None:
    proc.process("7", *NSPAWN)
    assert machine.leader("server-01") == 7


def test_a_process_of_the_same_name_in_another_pid_namespace_is_not_ours(proc: Proc) -> None:
    proc.process("7", *NSPAWN, namespace=2)
    assert shell.command_lines() == {}
    assert machine.leader("server-01") == 0


def test_a_process_of_the_same_name_with_another_run_folder_is_not_ours(proc: Proc) -> None:
    proc.process("7", *NSPAWN, root="elsewhere")
    assert machine.leader("server-01") == 0


def test_a_process_that_may_not_be_looked_at_is_not_ours(proc: Proc) -> None:
    proc.process("7", *NSPAWN)
    (proc.folder / "7/ns/pid").unlink()
    assert machine.leader("server-01") == 0


def test_a_process_of_another_user_is_not_ours(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    proc.process("7", *NSPAWN)
    own = proc.folder.stat()
    stat = Path.stat

    def of_another(path: Path, *, follow_symlinks: bool = True) -> object:
        if path == proc.folder / "7":
            return type(own)((*own[:4], own.st_uid + 1, *own[5:]))
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", of_another)
    assert machine.leader("server-01") == 0
