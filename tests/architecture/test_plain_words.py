"""What operators read: sentences that had to be read twice stay away, and tables name things."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A decision keeps the words of its day.
READ = [
    *sorted((ROOT / "src" / "runbook").rglob("*.py")),
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
    *sorted((ROOT / "params").glob("*.yaml")),
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name != "decisions"),
    ROOT / "README.md",
]
# Each of these stood on a page, and a reader stumbled.
STUMBLED = (
    "none of the host's rows does",
    "1 findings",
    "findings stand in the way",
    "for all but the NIC",
    "nobody's yet",
    "no one way to move",
    "in time is told",
    "not asked, being recordings",
    "files that are not right",
    "broken off after",
    "no such login",
    "but for a twin of each",
    "words of your own",
    "What is said of this change",
    "or nothing to write nothing",
)
# A participle alone does not say who did it, or what is in the column.
BARE = {"seen", "found", "told", "kept", "begun", "promised", "asked", "given", "said", "wanted"}
# The file of the record names the class of an error, for those who mend the program.
CLASS_FIRST = "{type(error).__name__}: {error}"
MAY_NAME_THE_CLASS = {"shared/ending.py", "jupyter/last_words.py", "jupyter/papermill_ending.py"}


@pytest.mark.parametrize("words", STUMBLED)
def test_a_sentence_that_had_to_be_read_twice_is_nowhere(words: str) -> None:
    def flat(path: Path) -> str:
        # A sentence in the source may go on in the next string.
        return " ".join(path.read_text("utf-8").replace('"\n', "\n").replace('"', " ").split())

    assert [path.name for path in READ if words in flat(path)] == []


def test_no_column_of_a_picture_is_a_participle_alone() -> None:
    shown = sorted((ROOT / "src/runbook/views").rglob("*.py"))
    named = [(path.name, name) for path in shown for name in columns(ast.parse(path.read_text()))]
    assert named
    assert [(path, name) for path, name in named if name in BARE] == []


def columns(tree: ast.Module) -> Iterator[str]:
    """The names of columns that are written out: of an argument, or of a constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "columns":
            yield from texts(node.value)
        if isinstance(node, ast.Assign) and _is_columns(node.targets[0]):
            yield from texts(node.value)


def _is_columns(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.lower().endswith("columns")


def texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.List | ast.Tuple):
        yield from (str(one.value) for one in value.elts if isinstance(one, ast.Constant))


def test_no_message_of_a_notebook_begins_with_the_name_of_a_class() -> None:
    folder = ROOT / "src/runbook/notebook"
    named = [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*.py"))
        if CLASS_FIRST in path.read_text()
    ]
    assert set(named) <= MAY_NAME_THE_CLASS
