"""What a notebook that papermill executes tells of its run. No cell is called what it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbformat.v4 import new_code_cell

from runbook.run.record import CARD_MIME, CHANGE_MIME, MIME

OURS = "runbook.notebook"
TAG = "runbook-stop"
PENDING = {
    "exception": None,
    "start_time": None,
    "end_time": None,
    "duration": None,
    "status": "pending",
}


def ours(notebook: Any) -> bool:  # noqa: ANN401 - nbformat has no types
    """Whether its cells call this package."""
    return any(OURS in cell.source for cell in notebook.cells)


def change(notebook: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - likewise
    """Its change, as it was told last; None where nothing was armed."""
    told: list[Mapping[str, Any]] = list(_shown(notebook, CHANGE_MIME))
    return told[-1] if told else None


def has_first_page(notebook: Any) -> bool:  # noqa: ANN401 - likewise
    """Whether it tells how far its run is."""
    return any(_shown(notebook, CARD_MIME))


def settled(notebook: Any) -> bool:  # noqa: ANN401 - likewise
    """Whether its run has ended, or its change stays: there is nothing to undo."""
    told = change(notebook)
    return any(_shown(notebook, MIME)) or (told is not None and told.get("state") == "confirmed")


def begun(notebook: Any) -> list[Any]:  # noqa: ANN401 - likewise
    """The cells that were begun, in order."""
    return [cell for cell in notebook.cells if _told(cell).get("start_time")]


def never_ran(cell: Any) -> None:  # noqa: ANN401 - likewise
    """Say of a cell that it was not begun."""
    cell.metadata["papermill"].update(PENDING)


def mend(notebook: Any) -> None:  # noqa: ANN401 - likewise
    """Take back that cells are completed which were not begun; papermill calls them so."""
    for cell in notebook.cells:
        told = _told(cell)
        if told.get("status") == "completed" and not told.get("start_time"):
            never_ran(cell)


def add_cell(notebook: Any, source: str) -> tuple[Any, int]:  # noqa: ANN401 - likewise
    """A cell that nobody wrote, below the last one that was begun; and where it is."""
    cells = notebook.cells
    last = max((n for n, cell in enumerate(cells) if _told(cell).get("start_time")), default=-1)
    metadata = {"tags": [TAG], "papermill": dict(PENDING)}
    cell = new_code_cell(source=source, metadata=metadata)  # type: ignore[no-untyped-call]  # nbformat has no types
    cells.insert(last + 1, cell)
    return cells[last + 1], last + 1


def _told(cell: Any) -> Any:  # noqa: ANN401 - likewise
    return cell.metadata.get("papermill", {})


def _shown(notebook: Any, kind: str) -> Iterator[Any]:  # noqa: ANN401 - likewise
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if kind in output.get("data", {}):
                yield output["data"][kind]
