"""`runbook archive`: the executed notebook joins its run folder, as a notebook and as a page."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from runbook.common import atomic_files, handed_files, octets
from runbook.common.errors import CorrectParameters
from runbook.common.redact import redact_notebook
from runbook.notebook.jupyter.truth import told_truly
from runbook.records import later
from runbook.records.signature import SIGN_WITH
from runbook.run import record
from runbook.run.record import MIME, NOTEBOOK, PAGE
from runbook.views.page.document import page


def file_away(notebook: Path, outputs: Path) -> tuple[Path, Path]:
    """Where notebook and page were filed; raises CorrectParameters if it tells of no run."""
    text = octets.valid_json(told_truly(redact_notebook(_text(notebook)), over=True))
    folder = _run_folder(notebook, text, outputs)
    filed = folder / NOTEBOOK, folder / PAGE
    for path, content in zip(filed, (text, page(text, folder.name)), strict=True):
        _create(path, content)
    _join(notebook, folder)
    return filed


def _join(notebook: Path, folder: Path) -> None:
    """A sealed record has to say that both belong to it, or they would count as added."""
    try:
        later.join(folder, "notebook", (NOTEBOOK, PAGE), os.environ.get(SIGN_WITH, ""))
    except OSError as error:
        why = f"it is in {folder}, but its manifest there could not be written: {error}"
        raise _refusal(notebook, why, "make that folder writable, then file it again") from error


def _text(notebook: Path) -> str:
    """Its text, which is that of a notebook."""
    try:
        text = handed_files.text(notebook)
        found: Any = handed_files.json_object(text)
        nbformat.validate(found)
    except (OSError, ValueError, RecursionError, nbformat.ValidationError) as error:
        why = str(error).partition("\n")[0]
        raise _refusal(notebook, f"it is not a notebook: {why}", "name an .ipynb file") from None
    return text


def _run_folder(notebook: Path, text: str, outputs: Path) -> Path:
    told = [o["data"][MIME] for o in _outputs(text) if MIME in o.get("data", {})]
    if not told or not isinstance(told[-1], dict):
        why = "it holds no outcome: it was not run, or its run died in the middle"
        raise _refusal(notebook, why, "file what `papermill` wrote at the end of a run")
    named = str(told[-1].get("folder", ""))
    folder = _resolved(named)
    if folder is None or folder.parent.parent != outputs.resolve() or not folder.is_dir():
        why = f"its run folder {folder or repr(named[:100])} is not below {outputs}"
        raise _refusal(notebook, why, "file it where it was run, or set RUNBOOK_HOME to that place")
    if _kept(notebook, folder) != told[-1].get("change_id"):
        raise _refusal(notebook, f"{folder} tells of another run", "find the notebook of that run")
    return folder


def _resolved(path: str) -> Path | None:
    try:
        return Path(path).resolve()
    except (OSError, ValueError):
        return None


def _kept(notebook: Path, folder: Path) -> object:
    """The number of the change that the run folder tells of."""
    try:
        return record.read(folder).outcome.get("change_id", "")
    except (OSError, ValueError) as error:
        why = f"its run folder {folder} cannot be read: {error}"
        raise _refusal(notebook, why, "look at what is in that folder") from None


def _outputs(text: str) -> Iterator[dict[str, Any]]:
    for cell in json.loads(text)["cells"]:
        yield from cell.get("outputs", [])


def _create(path: Path, content: str) -> None:
    try:
        atomic_files.create(path, content.encode())
    except FileExistsError:
        if path.name == NOTEBOOK and not _holds(path, content):
            raise _refusal(path, "another notebook was filed for this run", "keep one") from None


def _holds(path: Path, content: str) -> bool:
    try:
        return handed_files.read(path) == content.encode()
    except OSError:
        return False


def _refusal(notebook: Path, why: str, then: str) -> CorrectParameters:
    return CorrectParameters(
        f"{notebook} was not filed: {why}", state="no host was contacted", then=then
    )
