"""Saves a notebook of ours while it runs, which is often.

papermill makes text of a notebook, and checks it against the format's schema; then that text is
read again to redact it, and once more to put the first page on top. Here each is done once.
papermill itself writes the notebook before its first cell and after the run.
"""

from __future__ import annotations

import copy
from typing import Any

import nbformat
from nbformat.v4 import rwbase

from runbook.common.redact import redacted_notebook
from runbook.notebook.jupyter.executed_notebook import text_of


class Written(str):
    """A notebook's text as it is to be in its file: redacted, with its first page on top."""

    __slots__ = ()


def save(manager: Any) -> None:  # noqa: ANN401 - papermill has no types
    """As papermill saves the notebook that the manager executes."""
    # papermill may be what imports this module, half way through its own import.
    from papermill.iorw import papermill_io  # noqa: PLC0415

    if manager.output_path:
        papermill_io.write(_text_of(manager.nb), manager.output_path)
    manager.last_save_time = manager.now()


def _text_of(notebook: Any) -> str:  # noqa: ANN401 - nbformat has no types
    try:
        return written(notebook)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # An output of no form that this program makes; papermill's way takes more of them.
        return str(nbformat.writes(notebook))  # type: ignore[no-untyped-call]  # likewise


def written(notebook: Any) -> Written:  # noqa: ANN401 - nbformat has no types
    """Its text as it is written; the notebook stays as it is."""
    lines = rwbase.strip_transient(rwbase.split_lines(copy.deepcopy(notebook)))  # type: ignore[no-untyped-call]  # likewise
    # What was redacted is kept for the next save, and the first page alters what it is put on.
    return Written(text_of(copy.deepcopy(redacted_notebook(lines))))
