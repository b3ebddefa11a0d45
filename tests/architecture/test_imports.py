"""The order of imports (ARCHITECTURE.md), and what each part may import at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RELAY = sorted((ROOT / "src/runbook/transport/relay").glob("*.py"))


def test_the_import_contract_holds() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_relay_is_found() -> None:
    assert RELAY


@pytest.mark.parametrize("path", RELAY, ids=lambda path: path.name)
def test_the_relay_runs_on_python_3_7_with_nothing_but_its_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))
    for name in _imported(tree):
        top = name.partition(".")[0]
        assert top in sys.stdlib_module_names or name.startswith("runbook.transport.relay"), name


def _imported(tree: ast.AST) -> list[str]:
    """Every module that a file imports, wherever in the file."""
    nodes = list(ast.walk(tree))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
