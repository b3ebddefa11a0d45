"""Each how-to's diff fits the tree as it is, and the test in it passes; ruff accepts the result."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOWTOS = sorted((ROOT / "docs" / "howto").glob("add-*.md"))
TEST = re.compile(r"^\+\+\+ b/(tests/\S+)$", re.MULTILINE)
CHANGED_FILE = re.compile(r"^\+\+\+ b/(\S+\.py)$", re.MULTILINE)
CHANGED = re.compile(r"^[+-](?!\+\+|--)", re.MULTILINE)


def diff(howto: Path) -> str:
    (found,) = re.findall(r"^```diff\n(.*?)^```$", howto.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_three_are_there() -> None:
    assert len(HOWTOS) == 3


@pytest.mark.parametrize("howto", HOWTOS, ids=lambda path: path.stem)
def test_the_diff_applies_and_its_test_passes(howto: Path, tmp_path: Path) -> None:
    for name in ("src", "tests/unit", "docs/howto", "params", "changes"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done("git", "apply", "-", cwd=tmp_path, said=diff(howto))
    (test,) = TEST.findall(diff(howto))
    options = ("-p", "no:cacheprovider", "--quiet")
    done(sys.executable, "-m", "pytest", *options, test, cwd=tmp_path)
    # With postponed annotations Python does not look up the name of a type; ruff does.
    for command in (("check", "--no-cache"), ("format", "--check", "--no-cache")):
        done(
            sys.executable, "-m", "ruff", *command, *CHANGED_FILE.findall(diff(howto)), cwd=tmp_path
        )


@pytest.mark.parametrize("howto", HOWTOS, ids=lambda path: path.stem)
def test_the_diff_is_short(howto: Path) -> None:
    assert len(CHANGED.findall(diff(howto))) < 60


def done(*argv: str, cwd: Path, said: str = "") -> None:
    """The command has to succeed; PYTHONPATH wins over the package that is installed."""
    env = {**os.environ, "PYTHONPATH": str(cwd / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        argv, cwd=cwd, input=said, env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
