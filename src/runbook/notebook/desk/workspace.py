"""`runbook init`: a folder with a team's hosts and records, and this version's notebooks.

Run again, it brings the notebooks of the version that runs now; those that somebody edited stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from runbook.common import atomic_files, handed_files
from runbook.common.errors import CorrectParameters
from runbook.common.folders import MARK
from runbook.notebook.desk.sources import example, notebooks, stamped, version

FORMAT_VERSION = 1
# What a start of the desk copies is no record.
IGNORED = "outputs/_desk/\n.ipynb_checkpoints/\n"


def init(folder: Path) -> Iterator[str]:
    """Make the workspace, or bring it to this version; a line for each thing that was done.

    Raises CorrectParameters for a folder that holds something else.
    """
    was = _made_before(folder)
    for name in ("params", "outputs", "notebooks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _new(folder / ".gitignore", IGNORED.encode())
    digests = {}
    for source in example():
        content = source.read_bytes()
        digests[source.name] = hashlib.sha256(content).hexdigest()
        yield _bring(folder / "params" / source.name, content, was.get(source.name))
    for source in sorted(notebooks().glob("*.ipynb")):
        target, content = folder / "notebooks" / source.name, stamped(source)
        digests[source.name] = hashlib.sha256(content).hexdigest()
        yield _bring(target, content, was.get(source.name))
    told = {"format_version": FORMAT_VERSION, "version": version(), "notebooks": digests}
    atomic_files.replace(folder / MARK, (json.dumps(told, indent=1) + "\n").encode())
    yield f"{folder} is a workspace of runbook {version()}"


def _made_before(folder: Path) -> Mapping[str, object]:
    """By name, the digests of what was put there; empty for a new workspace."""
    if (folder / MARK).is_file():
        try:
            document = handed_files.json_object(handed_files.text(folder / MARK)).get("notebooks")
        except (OSError, ValueError) as error:
            raise _refusal(folder, f"{MARK} cannot be read: {error}") from None
        return document if isinstance(document, dict) else {}
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _refusal(folder, "it is not empty, and it is not a workspace")
    return {}


def _bring(target: Path, content: bytes, was: object) -> str:
    """One notebook, or a file of the example; what is not as it was put there was edited."""
    if target.is_file():
        there = target.read_bytes()
        if there == content:
            return f"{target}: as it is in this version"
        if hashlib.sha256(there).hexdigest() != was:
            return f"{target}: left as it is, because it was edited; move it away to get a new one"
    atomic_files.replace(target, content, 0o644)
    return f"{target}: written"


def _new(target: Path, content: bytes) -> None:
    if not target.exists():
        atomic_files.replace(target, content, 0o644)


def _refusal(folder: Path, why: str) -> CorrectParameters:
    return CorrectParameters(
        f"{folder} cannot be made a workspace: {why}",
        state="nothing was written",
        then="name a new folder, or one that `runbook init` made",
    )
