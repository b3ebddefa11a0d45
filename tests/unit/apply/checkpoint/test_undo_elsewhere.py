"""An undo that is typed by root in a folder, and in an environment, that somebody else prepared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.apply.checkpoint.sandbox import Sandbox

from runbook.apply.checkpoint.script import undo_script
from runbook.plan.routed.procedure import make_plan

PLAN = make_plan(fakes.params(), fakes.seen())
TRAP = "import pathlib; pathlib.Path({place!r}).touch()\n"
# With each of these a shell or an interpreter reads a file, or takes a function, of its caller's.
SHELLS = ("ENV", "BASH_ENV")


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """The host, with a Python that is one."""
    made = Sandbox(tmp_path / "host", fakes.CHANGE)
    made.root.mkdir()
    made.set_up(
        undo_script(
            PLAN, change_id=fakes.CHANGE, title="Armed by root@desk.", machine_id=fakes.MACHINE
        )
    )
    made.file(f"/sys/class/net/{fakes.NIC}/address", f"{fakes.NIC_MAC}\n")
    python = made.root / "programs/python3"
    python.unlink()
    python.symlink_to(sys.executable)
    return made


def prepared(folder: Path) -> tuple[Path, dict[str, str]]:
    """A folder and an environment of an attacker's, each of whose traps leaves a file `sprung-`."""
    folder.mkdir()
    for module in ("socket", "struct", "sys", "site", "sitecustomize", "usercustomize"):
        (folder / f"{module}.py").write_text(TRAP.format(place=str(folder / f"sprung-{module}")))
    environment = dict(os.environ)
    for name in SHELLS:
        (folder / name).write_text(f"touch {folder}/sprung-{name}\n")
        environment[name] = str(folder / name)
    for name in ("ip", "say", "rm", "cp", "python3", "readlink", "dirname"):
        trap = f"() {{ /usr/bin/touch {folder}/sprung-function-{name}; }}"
        environment[f"BASH_FUNC_{name}%%"] = trap
        (folder / name).write_text(f"#!/bin/sh\ntouch {folder}/sprung-program-{name}\n")
        (folder / name).chmod(0o755)
    environment |= {"PYTHONPATH": str(folder), "PYTHONSTARTUP": str(folder / "socket.py")}
    environment |= {"PATH": f"{folder}:{environment['PATH']}", "CDPATH": str(folder)}
    return folder, environment


def sprung(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("sprung-*"))


@pytest.mark.parametrize("shell", ["/bin/sh", "bash --posix"])
@pytest.mark.parametrize("why", ["", "operator", "deadline"])
def test_nothing_of_the_folder_and_of_the_environment_is_run(
    sandbox: Sandbox, tmp_path: Path, shell: str, why: str
) -> None:
    folder, environment = prepared(tmp_path / "trap")
    program, *options = shell.split()
    argv = [str(shutil.which(program)), *options, str(sandbox.folder / "undo"), *why.split()]
    done = subprocess.run(argv, cwd=folder, env=environment, check=False, capture_output=True)
    assert sprung(folder) == []
    assert b"begins" in done.stdout


def test_it_is_found_by_the_name_that_it_has_in_the_folder_where_it_is_typed(
    sandbox: Sandbox,
) -> None:
    done = subprocess.run(["/bin/sh", "undo"], cwd=sandbox.folder, check=False, capture_output=True)
    assert b"begins" in done.stdout
    assert "begins" in sandbox.journal


def test_the_traps_are_traps(tmp_path: Path) -> None:
    folder, environment = prepared(tmp_path / "trap")
    subprocess.run(
        [sys.executable, "-c", "import socket"], cwd=folder, env=environment, check=False
    )
    bash = [str(shutil.which("bash")), "-c", "ip; say"]
    subprocess.run(bash, cwd=folder, env=environment, check=False)
    wanted = {"sprung-socket", "sprung-BASH_ENV", "sprung-function-ip", "sprung-function-say"}
    assert wanted <= set(sprung(folder))
