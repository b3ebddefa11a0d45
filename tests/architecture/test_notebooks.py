"""A notebook tells and calls; what can go wrong is in the package, where it is tested."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from runbook.notebook.audit import look as audit_look
from runbook.notebook.desk import cells as desk
from runbook.notebook.fleet import request as fleet_request
from runbook.notebook.guest import request as guest_request
from runbook.notebook.history import look as history_look
from runbook.notebook.revert import request as revert_request
from runbook.notebook.shared.stages import OF_A_HOST, OF_A_REVERT, OF_GUESTS
from runbook.notebook.undo import look as undo_look
from runbook.params import NAMES, REQUEST_NAMES
from runbook.run import pipeline

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KERNEL = "runbook"
KNOWN = {
    "audit.ipynb": audit_look.NAMES,
    "desk.ipynb": desk.NAMES,
    "revert.ipynb": revert_request.NAMES,
    "routed.ipynb": (*NAMES, *REQUEST_NAMES),
    "survey.ipynb": NAMES,
    "undo.ipynb": undo_look.NAMES,
    "fleet.ipynb": fleet_request.NAMES,
    "guest.ipynb": guest_request.NAMES,
    "history.ipynb": history_look.NAMES,
}
CODE = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.comprehension,
    ast.Try,
    ast.TryStar,
)

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def cells(path: Path) -> list[dict[str, Any]]:
    """The code cells of a notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_the_notebooks_are_found() -> None:
    assert {path.name for path in NOTEBOOKS} == set(KNOWN)


@each_notebook
def test_no_outputs_are_kept_in_the_sources(path: Path) -> None:
    for cell in cells(path):
        assert cell["outputs"] == [], source(cell)
        assert cell["execution_count"] is None, source(cell)


@each_notebook
def test_a_cell_holds_no_function_class_loop_or_try(path: Path) -> None:
    for cell in cells(path):
        found = [node for node in ast.walk(ast.parse(source(cell))) if isinstance(node, CODE)]
        assert not found, source(cell)


@each_notebook
def test_one_cell_is_tagged_parameters_and_holds_parameters_only(path: Path) -> None:
    tagged = [c for c in cells(path) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    for statement in ast.parse(source(tagged[0])).body:
        assert isinstance(statement, ast.Assign | ast.AnnAssign), source(tagged[0])
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        named = {target.id for target in targets if isinstance(target, ast.Name)}
        assert named <= set(KNOWN[path.name])


@each_notebook
def test_a_notebook_names_the_kernel_that_setup_installs(path: Path) -> None:
    named = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]
    assert named == {"name": KERNEL, "display_name": KERNEL, "language": "python"}
    assert KERNEL in KernelSpecManager().find_kernel_specs(), "run `make setup`"


@each_notebook
def test_a_python_without_the_package_is_named_before_anything_is_imported(
    path: Path, tmp_path: Path
) -> None:
    first = next(cell for cell in cells(path) if "import" in source(cell))
    # Without site-packages; and a folder of the package's name is not the package.
    (tmp_path / "runbook").mkdir()
    program = f"import sys; sys.path.insert(0, '')\n{source(first)}"
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith(
        f"AssertionError: This kernel runs {sys.executable}. The package `runbook` is missing"
    )


# `settle` reads the form; the phase of that name is an argument of `apply`.
STAGE_OF = {"look": "before", "enter": "inside", "settle": "values"}


def stages_of(path: Path) -> Iterator[str]:
    """The stages of a change that a notebook's cells go through, in its order."""
    for cell in cells(path):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                named = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                yield str(named[0]) if named else STAGE_OF.get(node.func.attr, node.func.attr)


@pytest.mark.parametrize(
    ("name", "board"),
    [("routed.ipynb", OF_A_HOST), ("guest.ipynb", OF_GUESTS), ("revert.ipynb", OF_A_REVERT)],
)
def test_the_cells_take_the_stages_in_the_order_of_the_pipeline(
    name: str, board: tuple[str, ...]
) -> None:
    order = [stage for stage in pipeline.STAGES if stage in board]
    (path,) = (path for path in NOTEBOOKS if path.name == name)
    assert [stage for stage in stages_of(path) if stage in pipeline.STAGES] == order
