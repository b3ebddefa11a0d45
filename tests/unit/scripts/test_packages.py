"""Only what a target needs is asked of Debian, and each package is named once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LISTED = ROOT / "debian-packages.txt"
# What would be asked for is said before anybody becomes root; nobody may, here.
STUBS = {
    "dpkg-query": 'case " $HAS " in *" $3 "*) echo "ii " ;; *) exit 1 ;; esac',
    "sudo": "exit 1",
    "id": "echo 1000",
    "apt-get": "echo apt-get was run; exit 1",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The script and the list, and programs that only say what they were asked for."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "scripts" / "packages", tmp_path / "scripts")
    shutil.copy(LISTED, tmp_path)
    for name, does in STUBS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def asked(tree: Path, *sections: str, has: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "scripts/packages", *sections],
        cwd=tree,
        env={"PATH": f"{tree}/bin:{os.environ['PATH']}", "HAS": has},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("sections", [(), ("nope",), ("venv", "nope"), ("ven",)])
def test_a_section_that_is_not_there_is_an_error(tree: Path, sections: tuple[str, ...]) -> None:
    done = asked(tree, *sections)
    assert done.returncode == 1
    assert "nothing was installed" in done.stderr


def test_without_root_it_says_what_somebody_with_root_has_to_run_once(tree: Path) -> None:
    done = asked(tree, "venv")
    assert done.returncode == 1
    assert "scripts/packages venv`, no root is needed" in done.stderr
    assert "apt-get was run" not in done.stdout + done.stderr


def test_set_up_asks_for_nothing_that_only_a_lab_or_a_browser_needs(tree: Path) -> None:
    said = asked(tree, "venv").stdout
    assert {"gcc", "libvirt-dev", "python3-venv"} <= set(said.split())
    assert not {"chromium", "mmdebstrap", "shellcheck"} & set(said.split())
    both = asked(tree, "lab", "browser").stdout.split()
    assert {"chromium", "mmdebstrap"} <= set(both)
    assert "gcc" not in both


def test_what_is_there_is_not_asked_for(tree: Path) -> None:
    named = re.findall(r"^[a-z0-9].*$", LISTED.read_text(), re.MULTILINE)
    assert asked(tree, "venv", "unit", "lab", "browser", has=" ".join(named)).stdout == ""
    left = asked(tree, "lab", has=" ".join(n for n in named if n != "mmdebstrap"))
    assert left.stdout.split(":")[-1].split() == ["mmdebstrap"]


def test_each_package_is_named_once() -> None:
    named = re.findall(r"^[a-z0-9].*$", LISTED.read_text(), re.MULTILINE)
    assert len(named) == len(set(named)) > 10
