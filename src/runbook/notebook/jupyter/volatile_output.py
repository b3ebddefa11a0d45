"""What differs between two executed notebooks although nothing that they tell differs.

Left out of what is written, so that a comparison of two runs shows what the runs did differently.
When each step ran is in the journal, to the millisecond; when the run began and ended, and where
its record is, is on the first page.
"""

from __future__ import annotations

import re
from typing import Any

from runbook.records.told_outcome import move_folder

INJECTED = "injected-parameters"
# papermill's own times of a cell.
TIMES = ("start_time", "end_time", "duration")
WIDGET = "application/vnd.jupyter.widget-view+json"

# JupyterLab runs no script of a notebook that was altered since it ran it; the page has its own.
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)


def drop_times(notebook: dict[str, Any]) -> None:
    """Take papermill's times of the whole run, and where it wrote it, out of its metadata."""
    told = notebook["metadata"].get("papermill", {})
    for name in (*TIMES, "output_path"):
        told.pop(name, None)


def drop_volatile(notebook: dict[str, Any]) -> None:
    """Take times of cells, state of widgets, drawn identifiers and scripts out of a notebook."""
    notebook["metadata"].pop("widgets", None)
    notebook["metadata"].get("papermill", {}).pop("duration", None)
    for cell in notebook["cells"]:
        _drop_of_cell(cell)


def _drop_of_cell(cell: dict[str, Any]) -> None:
    metadata = cell["metadata"]
    metadata.pop("execution", None)
    told = metadata.get("papermill", {})
    # Without a status only its time says whether the cell ran.
    for name in TIMES if "status" in told else ():
        told.pop(name, None)
    if INJECTED in metadata.get("tags", ()):
        cell["id"] = INJECTED
    for output in cell.get("outputs", ()):
        move_folder(output)
        data = output.get("data", {})
        # The picture beside it shows what the widget held.
        if "text/html" in data:
            data.pop(WIDGET, None)
            data["text/html"] = _SCRIPT.sub("", "".join(data["text/html"]))
