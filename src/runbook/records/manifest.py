"""Reads a manifest back, and verifies the files of its record. Contacts nothing.

`sha256sum` and `ssh-keygen -Y verify` alone come to the same result.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from runbook.common import handed_files
from runbook.common.printable import printable
from runbook.records.files import MANIFEST, SIGNATURE, manifests, of_the_record
from runbook.records.predicate import RECORD, Manifest
from runbook.records.signature import Trust, check
from runbook.records.statement import ON_THE_HOST, STATEMENT, sha256

LARGEST = 16 << 20


class Fault(StrEnum):
    """What is wrong with a record."""

    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    UNREADABLE = "unreadable"
    NO_MANIFEST = "no manifest"
    DAMAGED_MANIFEST = "damaged manifest"
    MISPLACED = "misplaced"
    NOT_SIGNED = "not signed"
    UNKNOWN_SIGNER = "unknown signer"
    BAD_SIGNATURE = "bad signature"


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """One fault of a record: which, in which file, and in a sentence."""

    fault: Fault
    name: str
    text: str


def load(folder: Path) -> Manifest:
    """The manifest of a run folder; raises OSError if it has none, ValueError if it is damaged."""
    text = handed_files.read(folder / MANIFEST, LARGEST)
    try:
        found = Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ValueError(printable(f"{place}: {first['msg']}")) from None
    if found.predicate_type != RECORD:
        raise ValueError(printable(f"it is of another type: {found.predicate_type[:100]}"))
    return found


SIGNATURES = {
    Trust.NOT_SIGNED: Fault.NOT_SIGNED,
    Trust.UNKNOWN_SIGNER: Fault.UNKNOWN_SIGNER,
    Trust.BAD: Fault.BAD_SIGNATURE,
}


def verify(folder: Path, allowed_signers: Path | None = None) -> tuple[IntegrityFinding, ...]:
    """Everything that is not as when the record was sealed; empty if all is. Raises OSError.

    With `allowed_signers` each manifest has to be signed by somebody whom that file names.
    """
    try:
        manifest = load(folder)
    except FileNotFoundError:
        text = "the run was not sealed: it died, or it is older than the manifest"
        return (IntegrityFinding(Fault.NO_MANIFEST, MANIFEST, text),)
    except (OSError, ValueError) as error:
        return (_damaged(MANIFEST, error),)
    promised, wrong = _promised(folder, manifest)
    signatures = _signatures(folder, allowed_signers) if allowed_signers else ()
    return (*_misplaced(folder, manifest), *wrong, *signatures, *_compared(folder, promised))


def _signatures(folder: Path, allowed: Path) -> Iterator[IntegrityFinding]:
    for path in manifests(folder):
        found = check(path, path.with_name(f"{path.name}{SIGNATURE}"), allowed)
        if found.trust in SIGNATURES:
            yield IntegrityFinding(SIGNATURES[found.trust], path.name, found.text)


def _promised(
    folder: Path, manifest: Manifest
) -> tuple[Mapping[str, str], tuple[IntegrityFinding, ...]]:
    """Each file's digest, and what is wrong with the manifests that came later.

    What an earlier manifest says wins: the first is `record.json`.
    """
    promised = {one.name: one.digest.sha256 for one in manifest.subject}
    wrong: list[IntegrityFinding] = []
    for path in manifests(folder):
        if path.name == MANIFEST:
            continue
        try:
            change_id, later = _later(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            wrong.append(_damaged(path.name, error))
            continue
        if change_id != manifest.predicate.change_id:
            text = f"it joined the record of another change: {printable(change_id)[:60]}"
            wrong.append(IntegrityFinding(Fault.MISPLACED, path.name, text))
        wrong += _contradictions(path.name, promised, later)
        promised = {**later, **promised}
    return promised, tuple(wrong)


def _later(path: Path) -> tuple[str, Mapping[str, str]]:
    """The change that a later manifest is about, and the digest of each of its files."""
    document = handed_files.json_object(handed_files.text(path, LARGEST))
    if document["_type"] != STATEMENT:
        raise ValueError("it is no in-toto Statement v1")
    subjects = document["subject"]
    digests = {str(one["name"]): str(one["digest"]["sha256"]) for one in subjects}
    if len(digests) != len(subjects):
        raise ValueError("it names a file twice")
    return str(document["predicate"]["change_id"]), digests


def _contradictions(
    name: str, promised: Mapping[str, str], later: Mapping[str, str]
) -> Iterator[IntegrityFinding]:
    for file in sorted(promised.keys() & later.keys()):
        if promised[file] != later[file]:
            text = f"another manifest says another digest of {printable(file)}"
            yield IntegrityFinding(Fault.CHANGED, name, text)


def _compared(folder: Path, promised: Mapping[str, str]) -> Iterator[IntegrityFinding]:
    there = {path.name: path for path in of_the_record(folder)}
    here = {name: digest for name, digest in promised.items() if not name.startswith(ON_THE_HOST)}
    for name, digest in sorted(here.items()):
        yield from _one(folder / name, digest) if "/" not in name else _elsewhere(name)
    for name in sorted(there.keys() - here.keys()):
        text = "the file is in the run folder, and no manifest names it"
        yield IntegrityFinding(Fault.EXTRA, printable(name), text)


def _one(path: Path, digest: str) -> Iterator[IntegrityFinding]:
    name = printable(path.name)
    try:
        # A link could lead to a file that has the digest today and another content tomorrow.
        if not stat.S_ISREG(path.lstat().st_mode):
            yield IntegrityFinding(Fault.UNREADABLE, name, "it is not a regular file")
            return
        found = sha256(handed_files.read(path))
    except FileNotFoundError:
        yield IntegrityFinding(Fault.MISSING, name, "the manifest names the file; it is not there")
        return
    except OSError as error:
        yield IntegrityFinding(Fault.UNREADABLE, name, f"it cannot be read: {error.strerror}")
        return
    except ValueError:
        yield IntegrityFinding(Fault.MISSING, name, "no file can have this name")
        return
    if found != digest:
        text = f"its SHA-256 is {found}; when the record was sealed it was {digest}"
        yield IntegrityFinding(Fault.CHANGED, name, text)


def _elsewhere(name: str) -> Iterator[IntegrityFinding]:
    text = "a manifest names a path; a record's files are in its run folder"
    yield IntegrityFinding(Fault.DAMAGED_MANIFEST, printable(name), text)


def _misplaced(folder: Path, manifest: Manifest) -> Iterator[IntegrityFinding]:
    """A folder that was renamed, or put under another host."""
    place = folder.resolve()
    record = manifest.predicate
    found = (place.parent.name, place.name)
    if found != (record.host, record.change_id):
        text = (
            f"the record is of {record.host}, change {record.change_id};"
            f" the folder is {found[0]}/{found[1]}"
        )
        yield IntegrityFinding(Fault.MISPLACED, MANIFEST, printable(text))


def _damaged(name: str, error: Exception) -> IntegrityFinding:
    return IntegrityFinding(Fault.DAMAGED_MANIFEST, name, f"it cannot be read: {error}")
