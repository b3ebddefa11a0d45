from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager

from runbook.common import atomic_files
from runbook.common.redact import redact_notebook, redacted_notebook
from runbook.fleet.watch import Stages
from runbook.notebook.jupyter import papermill_ending, papermill_io, save_at_work
from runbook.run.record import CARD_MIME, CHANGE_MIME

CELLS = 5
ARMED: dict[str, Any] = {CHANGE_MIME: {"state": "confirmed"}}


@dataclass
class Executed:
    """What is on the disk as each code cell begins, and when all have ended.

    `stages` is which cell a fleet run takes from there.
    """

    on_disk: list[list[Any]] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    writes: int = 0
    redactions: int = 0


@pytest.fixture
def executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Executed:
    # As if each cell began more than a second after the last save.
    monkeypatch.setattr(papermill_ending, "SAVE_S", 0.0)
    return run(tmp_path, monkeypatch)


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, armed_by: str = "") -> Executed:
    run = Executed()
    cells = [new_code_cell("from runbook.notebook.routed import cells as nb")]  # type: ignore[no-untyped-call]
    for number in range(CELLS):
        cells += [new_markdown_cell("text"), new_code_cell(f"{number}")]  # type: ignore[no-untyped-call]
    path = tmp_path / "out.ipynb"
    notebook = new_notebook(cells=cells, metadata={"papermill": {}})  # type: ignore[no-untyped-call]
    manager = NotebookExecutionManager(notebook, output_path=str(path), progress_bar=False)

    def read() -> list[Any]:
        read: list[Any] = json.loads(path.read_text())["cells"]
        return read

    def execute(_: object, cell: Any, *__: object) -> None:  # noqa: ANN401 - nbformat has no types
        if cell.cell_type == "code":
            run.on_disk.append(read())
            run.stages.append(Stages(tmp_path).of("out"))
            shown = {"output_type": "stream", "name": "stdout", "text": cell.source}
            cell.outputs.append(nbformat.from_dict(shown))  # type: ignore[no-untyped-call]
            if cell.source == armed_by:
                told = {"output_type": "display_data", "metadata": {}, "data": ARMED}
                cell.outputs.append(nbformat.from_dict(told))  # type: ignore[no-untyped-call]

    replace = atomic_files.replace

    def count_write(*given: Any) -> None:  # noqa: ANN401 - likewise
        run.writes += 1
        replace(*given)

    def counted(redact: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def count_redaction(notebook: Any) -> Any:  # noqa: ANN401 - likewise
            run.redactions += 1
            return redact(notebook)

        return count_redaction

    monkeypatch.setattr(atomic_files, "replace", count_write)
    monkeypatch.setattr(papermill_io, "redact_notebook", counted(redact_notebook))
    monkeypatch.setattr(save_at_work, "redacted_notebook", counted(redacted_notebook))
    monkeypatch.setattr(NotebookClient, "execute_cell", execute)
    manager.notebook_start()
    client = SimpleNamespace(nb=notebook, nb_man=manager)
    client.execute_cell = lambda *given: execute(client, *given)
    papermill_ending.run_cells(client, PapermillNotebookClient.papermill_execute_cells)
    manager.notebook_complete()
    run.on_disk.append(read())
    return run


def test_as_a_cell_begins_the_disk_has_what_all_cells_before_it_showed(
    executed: Executed,
) -> None:
    *during, last = executed.on_disk
    for begun, cells in enumerate(during):
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert [bool(cell["outputs"]) for cell in code[: begun + 1]] == [*[True] * begun, False]
        assert code[begun]["metadata"]["papermill"]["status"] == "running"
    assert all(cell["outputs"] for cell in last if cell["cell_type"] == "code")
    assert {cell["metadata"]["papermill"]["status"] for cell in last} == {"completed"}


def test_who_looks_on_sees_which_cell_is_at_work(executed: Executed) -> None:
    code = [cell for cell in executed.on_disk[-1] if cell["cell_type"] == "code"]
    assert executed.stages == [cell["id"] for cell in code]


def test_a_notebook_is_written_once_a_code_cell_and_redacted_once_a_write(
    executed: Executed,
) -> None:
    assert executed.writes == executed.redactions == 1 + (1 + CELLS) + 1


def test_cells_that_only_look_and_take_a_moment_are_saved_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed = run(tmp_path, monkeypatch)
    assert executed.writes == 1 + 1
    assert all(cell["outputs"] for cell in executed.on_disk[-1] if cell["cell_type"] == "code")


def test_once_a_change_is_armed_the_disk_has_it_before_the_next_cell_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed = run(tmp_path, monkeypatch, armed_by="1")
    # The cell that imports, and two that look; then one for each cell that begins.
    code = [[c for c in cells if c["cell_type"] == "code"] for cells in executed.on_disk]
    assert [len(cells[2]["outputs"]) for cells in code] == [0, 0, 0, 2, 2, 2, 2]
    assert executed.writes == 1 + (CELLS - 2) + 1


def test_all_that_was_shown_is_on_the_disk_before_the_cell_that_arms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papermill_ending, "ARMS", "3")
    executed = run(tmp_path, monkeypatch)
    code = [[c for c in cells if c["cell_type"] == "code"] for cells in executed.on_disk]
    # What the cell just before it showed; the import and five cells are six.
    assert [bool(cells[3]["outputs"]) for cells in code] == [*[False] * 4, True, True, True]


def test_the_first_page_is_on_the_disk_as_soon_as_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ARMED, CARD_MIME, {"state": "in progress"})
    monkeypatch.delitem(ARMED, CHANGE_MIME)
    executed = run(tmp_path, monkeypatch, armed_by="1")
    code = [[c for c in cells if c["cell_type"] == "code"] for cells in executed.on_disk]
    assert [len(cells[2]["outputs"]) for cells in code] == [0, 0, 0, 2, 2, 2, 2]
    assert executed.writes == 1 + 1 + 1
