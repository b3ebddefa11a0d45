"""A package's docstring says what each of its files is for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted((ROOT / "src/runbook").rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.parent.name)
def test_every_file_of_a_package_is_named_in_its_docstring(package: Path) -> None:
    said = ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) or ""
    for name in _contents(package.parent):
        assert f"`{name}`" in said, f"{package.relative_to(ROOT)} does not say what {name} is for"


def _contents(package: Path) -> list[str]:
    files = [path.stem for path in package.glob("*.py") if path.name != "__init__.py"]
    return files + [path.parent.name for path in package.glob("*/__init__.py")]
