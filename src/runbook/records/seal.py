"""Writes the manifest of a run folder, as its last file. A failure here harms no run."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from runbook.common import handed_files
from runbook.records.files import BEGUN, MANIFEST, SIGNATURE
from runbook.records.make_manifest import NOT_CHANGED, HostFiles, make
from runbook.records.predicate import Manifest, Previous
from runbook.records.signature import NotSigned, made_by, sign
from runbook.records.statement import Statement, Subject, sha256, subject
from runbook.run.record import Folder, as_json

# Of so many newest runs the one that ended last is the record before this one.
NEWEST = 20


def seal(
    folder: Folder, ended: datetime, host: HostFiles = NOT_CHANGED, sign_with: str = ""
) -> str:
    """Write `record.json` and return its SHA-256; '' if there is one already.

    `sign_with` is the file of an SSH key; '' signs nothing.

    Raises OSError or ValueError where a file of the record cannot be read. A manifest that the
    disk does not take is named in `folder.unwritten`.
    """
    folder.comes_second()
    if folder.has(MANIFEST):
        return ""
    manifest = make(folder, ended, host, previous(folder.path))
    content = as_json(manifest.model_dump(mode="json", by_alias=True))
    folder.once(MANIFEST, content)
    if sign_with and MANIFEST not in folder.unwritten:
        add_signature(folder, MANIFEST, content, sign_with)
    return sha256(content.encode())


def key_of(folder: Path, given: str = "") -> str:
    """The key for what joins a record later: `given`, or the one that signed the record.

    The record names that key, and it counts only if it is the one that made the signature.
    """
    if given:
        return given
    with suppress(OSError, ValueError, KeyError, TypeError):
        params = handed_files.json_object(handed_files.text(folder / "params.json"))
        key = str(params["sign_with"]["value"] or "")
        if key and made_by(handed_files.text(folder / f"{MANIFEST}{SIGNATURE}"), key):
            return key
    return ""


def add_signature(folder: Folder, name: str, content: str, key: str) -> None:
    """Write the signature of a manifest beside it; `folder.unwritten` names it if there is none."""
    try:
        folder.once(f"{name}{SIGNATURE}", sign(content.encode(), key))
    except NotSigned as error:
        folder.unwritten[f"{name}{SIGNATURE}"] = str(error)


def add_manifest(folder: Folder, name: str, manifest: Statement[Any], key: str = "") -> Path:
    """Add a further manifest to a record whose run is over, and its signature.

    Raises OSError if the manifest cannot be written.
    """
    content = as_json(manifest.model_dump(mode="json", by_alias=True))
    key = key_of(folder.path, key)
    # Until a run is over its record raises an error of its own; this one is over.
    folder.comes_second()
    path = folder.once(name, content)
    if name in folder.unwritten:
        raise OSError(f"{path}: {folder.unwritten[name]}")
    if key:
        add_signature(folder, name, content, key)
    return path


def unchanging(folder: Folder) -> tuple[Subject, ...]:
    """What of a record does not change any more: its manifest.

    If its run died, that is what was known at its begin. Raises OSError if it cannot be read.
    """
    name = next((each for each in (MANIFEST, BEGUN) if folder.has(each)), "")
    return (subject(name, handed_files.read(folder.path / name)),) if name else ()


def previous(folder: Path) -> Previous | None:
    """The record of the same host that ended last; None if there is none."""
    runs = sorted(folder.parent.iterdir(), key=lambda path: path.name, reverse=True)
    ended = [found for run in runs[:NEWEST] if run != folder and (found := _ended(run))]
    return max(ended, key=lambda found: found[0])[1] if ended else None


def _ended(run: Path) -> tuple[datetime, Previous] | None:
    with suppress(OSError, ValueError):
        content = handed_files.read(run / MANIFEST)
        record = Manifest.model_validate_json(content).predicate
        return record.ended, Previous(change_id=record.change_id, sha256=sha256(content))
    return None
