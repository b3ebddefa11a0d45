"""Says that a notebook was copied from another version of runbook than the one that runs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from runbook import views
from runbook.common import handed_files
from runbook.notebook.desk.sources import KEY, version
from runbook.records.files import NOTEBOOK
from runbook.records.versions import IN_JUPYTERLAB


def tell_other_version(environ: Mapping[str, str] = os.environ) -> None:
    """Show a warning if the notebook names another version; nothing where nobody knows."""
    made_for = _made_for(environ.get(NOTEBOOK) or environ.get(IN_JUPYTERLAB) or "")
    if made_for and made_for != version():
        views.show(
            views.note(
                f"This notebook is of runbook {made_for}, and runbook {version()} runs it."
                " `runbook init DIR` brings the notebooks of this version into the workspace DIR.",
                "warn",
            )
        )


def _made_for(path: str) -> str:
    """The version in the notebook's metadata; '' if there is none, or no file."""
    try:
        document = handed_files.json_object(handed_files.text(Path(path))).get("metadata")
    except (OSError, ValueError):
        return ""
    kept = document.get(KEY) if isinstance(document, dict) else None
    return str(kept.get("version") or "") if isinstance(kept, dict) else ""
