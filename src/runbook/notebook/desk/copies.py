"""Copies of the notebooks that know their host, beside the landing page of the desk."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from runbook.common import atomic_files
from runbook.notebook.desk.sources import notebooks, stamped
from runbook.params import fields

# By its button on the landing page, the notebook that it opens.
BUTTONS = {
    "survey": "survey",
    "change": "routed",
    "guests": "guest",
    "audit": "audit",
    "history": "history",
    "undo": "undo",
    "revert": "revert",
}
# The landing page, beside them.
INVENTORY = "desk.ipynb"
# The folder whose folders the desk works in.
DESK = "_desk"
# Its line in a parameters cell; papermill reads the type.
_HOST = re.compile(r"^(host(?:: str)? = )None\b")


def is_desk(folder: Path) -> bool:
    """Whether a start of the desk made this folder: only there copies are made."""
    return folder.parent.name == DESK


def here(folder: Path) -> Path | None:
    """The folder of the start that a notebook in `folder` belongs to; None outside of the desk."""
    return next((each for each in (folder, folder.parent) if is_desk(each)), None)


def name_of(notebook: str, host: str) -> str:
    """What the tab of the copy is called."""
    return f"{notebook} · {host}.ipynb"


def make(folder: Path, host: str) -> dict[str, Path]:
    """By its button, a copy for this host; one that is there, and may be in use, stays.

    None for a file in params/ with a name that no host can have: it would become code.
    """
    made: dict[str, Path] = {}
    if not _is_host(host):
        return made
    for button, notebook in BUTTONS.items():
        path = folder / host / name_of(notebook, host)
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            atomic_files.create(path, _for(host, notebooks() / f"{notebook}.ipynb"))
        made[button] = path
    return made


def _for(host: str, source: Path) -> bytes:
    notebook = json.loads(stamped(source))
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            cell["source"] = [_named(line, host) for line in cell["source"]]
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _named(line: str, host: str) -> str:
    # Nothing but letters, digits, '-', '_' and dots is in a host's name.
    return _HOST.sub(rf'\1"{host}"', line, count=1)


def _is_host(name: str) -> bool:
    try:
        fields.host(name)
    except ValueError:
        return False
    return True


def relative(path: Path, folder: Path) -> str:
    """The path from the landing page, as a link has it."""
    return os.path.relpath(path, folder)
