"""Which files a record has, and which of them are its manifest."""

from __future__ import annotations

from pathlib import Path

MANIFEST = "record.json"
SIGNATURE = ".sig"
# What joins a record after it was sealed has a manifest of its own: the executed notebook, a link.
LATER = "later-"
# By whom a record was closed that needed a person.
CLOSED = f"{LATER}closed.json"
# In these variables papermill tells its kernel the notebook that it runs.
NOTEBOOK, NOTEBOOK_SHA256 = "RUNBOOK_NOTEBOOK", "RUNBOOK_NOTEBOOK_SHA256"


def of_the_record(folder: Path) -> tuple[Path, ...]:
    """The files that a manifest is about, by name; raises OSError."""
    return tuple(sorted(path for path in folder.iterdir() if not _apart(path.name)))


def manifests(folder: Path) -> tuple[Path, ...]:
    """The manifest and those of what came later, by name; raises OSError."""
    return tuple(sorted(path for path in folder.iterdir() if is_manifest(path.name)))


def is_manifest(name: str) -> bool:
    """Whether a file of this name is a manifest."""
    return name == MANIFEST or (name.startswith(LATER) and name.endswith(".json"))


def _apart(name: str) -> bool:
    """Temporary files and locks begin with a dot."""
    return name.startswith(".") or is_manifest(name.removesuffix(SIGNATURE))
