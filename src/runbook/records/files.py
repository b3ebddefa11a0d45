"""Which folders are records, which files a record has, and which of them are its manifest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from runbook.common import handed_files

MANIFEST = "record.json"
BEGUN = "begun.json"
SIGNATURE = ".sig"
# What joins a record after it was sealed has a manifest of its own: the executed notebook, a link.
LATER = "later-"
# By whom a record was closed that needed a person.
CLOSED = f"{LATER}closed.json"
# In these variables papermill tells its kernel the notebook that it runs.
NOTEBOOK, NOTEBOOK_SHA256 = "RUNBOOK_NOTEBOOK", "RUNBOOK_NOTEBOOK_SHA256"

# Of a host, and of a run. What else is in outputs/ is no record.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def is_name(name: str) -> bool:
    """Whether a host or a run can have a folder of this name."""
    return _NAME.fullmatch(name) is not None


def run_folders(outputs: Path) -> Iterator[Path]:
    """Every run folder, in no order; none where outputs/ is not there.

    A link is none: what it leads to is not of outputs/, and could be any folder of the operator.
    """
    for path in outputs.glob("[A-Za-z0-9]*/[A-Za-z0-9]*"):
        if is_record(path):
            yield path


def newest_first(folders: Iterable[Path]) -> list[Path]:
    """By the second that the name begins with; of one second, by the moment that the run wrote."""
    paths = list(folders)
    seconds = Counter(path.name.partition("-")[0] for path in paths)

    def place(path: Path) -> tuple[str, str, str, str]:
        second = path.name.partition("-")[0]
        return second, began(path) if seconds[second] > 1 else "", path.name, path.parent.name

    return sorted(paths, key=place, reverse=True)


def began(folder: Path) -> str:
    """When the run began, to the microsecond; '' if it did not say."""
    try:
        return str(handed_files.json_object(handed_files.text(folder / BEGUN)).get("begun") or "")
    except (OSError, ValueError):
        return ""


def is_record(path: Path) -> bool:
    """Whether this path below outputs/ is that of a run folder."""
    host = path.parent
    named = is_name(path.name) and is_name(host.name)
    return named and path.is_dir() and not (path.is_symlink() or host.is_symlink())


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
