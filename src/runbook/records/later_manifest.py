"""What joins a record after it was sealed gets a manifest of its own: the executed notebook."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from runbook.common import handed_files
from runbook.records.files import LATER, MANIFEST
from runbook.records.person import operator
from runbook.records.predicate import Operator
from runbook.records.seal import add_manifest, unchanging
from runbook.records.statement import Statement, Strict, subject
from runbook.run.record import Folder

JOINED = "https://runbook.invalid/joined/v1"


class Joined(Strict):
    """Files that joined a sealed record."""

    change_id: str
    by: Operator = Field(description="who filed them")


class JoinedManifest(Statement[Joined]):
    """`later-notebook.json`."""


def join(path: Path, action: str, names: Iterable[str], sign_with: str = "") -> Path | None:
    """Write the manifest of these files of a run folder, `later-WHAT.json`, once.

    None if the record is not sealed (its own manifest will have them), or they have one already.
    Raises OSError if a file cannot be read or the manifest cannot be written.
    """
    name, folder = f"{LATER}{action}.json", Folder(path)
    if not folder.has(MANIFEST) or folder.has(name):
        return None
    joining = (subject(one, handed_files.read(path / one)) for one in names)
    files = (*unchanging(folder), *joining)
    about = Joined(change_id=path.name, by=operator())
    made = JoinedManifest(subject=files, predicateType=JOINED, predicate=about)
    return add_manifest(folder, name, made, sign_with)
