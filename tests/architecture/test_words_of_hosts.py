"""docs/hosts.md quotes what runbook says: each quotation has to be in the program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/hosts.md"
WHO_REFUSES = ("params", "plan", "preflight", "guest")
# A piece of a message that is shorter may be in any sentence.
LEAST = 12
TABLE = "## What is refused, in its words"
# A test that the table names is there, and has a test of that kind in it.
TESTS = re.compile(r"`(tests/[\w/]+(?:\.py)?)`")


def rows() -> list[str]:
    """The rows of the table, without its head."""
    table = DOCUMENT.read_text().split(TABLE)[1].split("\n## ")[0]
    return [line for line in table.splitlines() if line.startswith("| ")][2:]


def quoted(row: str) -> list[str]:
    """The quotations in the row's last cell that are sentences."""
    words = re.findall(r"`([^`]+)`", row.split(" | ")[1])
    return [word for word in words if " " in word and not word.startswith("ip ")]


@cache
def pieces() -> tuple[str, ...]:
    """Every literal piece of text in the modules that refuse something."""
    paths = (path for name in WHO_REFUSES for path in (ROOT / "src/runbook" / name).rglob("*.py"))
    return tuple({piece for path in paths for piece in _pieces(path)})


def _pieces(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.replace("`", "").strip()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split(" | ")[0].strip("| "))
def test_a_refusal_is_quoted_as_it_is_said(row: str) -> None:
    found = quoted(row)
    assert found, "no words of a refusal are quoted"
    said = [
        words
        for words in found
        if any(
            (len(piece) >= LEAST and piece in words) or (len(words) >= LEAST and words in piece)
            for piece in pieces()
        )
    ]
    assert [words for words in found if words not in said and not _short(words)] == []
    assert said, f"nothing in the program says {found}"


def _short(words: str) -> bool:
    """Too short to be told from any other sentence, such as `it is a macvlan`."""
    return len(words) < LEAST + len("macvlan")


def test_each_test_that_the_table_names_is_there() -> None:
    named = TESTS.findall(DOCUMENT.read_text())
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
