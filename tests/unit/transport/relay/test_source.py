"""The relay is sent to hosts that have a Python 3.7 and nothing else."""

from __future__ import annotations

import ast
import sys
from importlib import resources
from pathlib import Path

import pytest

from runbook.transport import bootstrap

FOLDER = Path(str(resources.files("runbook.transport.relay")))
SOURCES = sorted(FOLDER.glob("*.py"))
# typing.X[...] works in 3.7 when the program runs; list[...] and X | Y do not.
BUILT_IN = {"list", "dict", "tuple", "set", "frozenset", "type"}


def trees() -> list[tuple[str, ast.Module]]:
    return [(p.name, ast.parse(p.read_text(), feature_version=(3, 7))) for p in SOURCES]


def test_every_module_is_in_the_grammar_of_python_3_7() -> None:
    assert len(trees()) > 5


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.name)
def test_every_module_imports_only_the_standard_library_and_itself(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            own = name.startswith("runbook.transport.relay")
            assert own or name.split(".")[0] in sys.stdlib_module_names, name


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.name)
def test_no_alias_needs_a_newer_python_when_the_program_runs(source: Path) -> None:
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.Assign):
            for part in ast.walk(node.value):
                if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name):
                    assert part.value.id not in BUILT_IN, ast.dump(node)


def test_every_module_is_sent() -> None:
    sent = bootstrap.source().decode()
    for source in SOURCES:
        if source.name != "__init__.py":
            assert f"runbook.transport.relay.{source.stem}" in sent


def test_the_bootstrap_says_how_much_it_sends() -> None:
    length, program = bootstrap.source().split(b"\n", 1)
    assert int(length) == len(program)


def test_the_bootstrap_passes_any_login_shell() -> None:
    assert not set("!\\'\n$`") & set(" ".join(bootstrap.ARGV))
