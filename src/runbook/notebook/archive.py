"""`runbook archive`: the executed notebook joins its run folder, as a notebook and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runbook.common import atomic_files, octets
from runbook.common.errors import CorrectParameters
from runbook.common.redact import redact_notebook
from runbook.run import record
from runbook.run.record import MIME, NOTEBOOK, PAGE
from runbook.views.page.document import page


def file_away(notebook: Path, outputs: Path) -> tuple[Path, Path]:
    """Where notebook and page were filed; raises CorrectParameters if it tells of no run."""
    text = octets.valid_json(redact_notebook(notebook.read_text(encoding="utf-8")))
    folder = _run_folder(notebook, text, outputs)
    filed = folder / NOTEBOOK, folder / PAGE
    for path, content in zip(filed, (text, page(text, folder.name)), strict=True):
        _create(path, content)
    return filed


def _run_folder(notebook: Path, text: str, outputs: Path) -> Path:
    told = [o["data"][MIME] for o in _outputs(_parsed(notebook, text)) if MIME in o.get("data", {})]
    if not told:
        why = "it holds no outcome: it was not run, or its run died in the middle"
        raise _refusal(notebook, why, "file what `papermill` wrote at the end of a run")
    folder = Path(str(told[-1].get("folder", ""))).resolve()
    if folder.parent.parent != outputs.resolve() or not folder.is_dir():
        why = f"its run folder {folder} is not below {outputs}"
        raise _refusal(notebook, why, "file it where it was run, or set RUNBOOK_HOME to that place")
    kept = record.read(folder).outcome
    if not kept or kept.get("change_id") != told[-1].get("change_id"):
        raise _refusal(notebook, f"{folder} tells of another run", "find the notebook of that run")
    return folder


def _parsed(notebook: Path, text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _refusal(notebook, f"it is not a notebook: {error}", "name an .ipynb file") from None


def _outputs(notebook: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    for cell in notebook.get("cells", []):
        yield from cell.get("outputs", [])


def _create(path: Path, content: str) -> None:
    try:
        atomic_files.create(path, content.encode())
    except FileExistsError:
        if path.name == NOTEBOOK and path.read_text(encoding="utf-8") != content:
            raise _refusal(path, "another notebook was filed for this run", "keep one") from None


def _refusal(notebook: Path, why: str, then: str) -> CorrectParameters:
    return CorrectParameters(
        f"{notebook} was not filed: {why}", state="no host was contacted", then=then
    )
