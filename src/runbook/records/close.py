"""Closes a record that needed a person: who looked at the host, when, and what they found.

Nothing in the record is altered. The closing is a file of its own beside it, with the digests of
what it is about, and is signed like the record if a key is given.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, Field

from runbook.common import handed_files
from runbook.common.errors import CorrectParameters
from runbook.records.entry import RUNNING, WAITING, Entry
from runbook.records.files import CLOSED, MANIFEST
from runbook.records.make_manifest import last_moment
from runbook.records.person import operator
from runbook.records.predicate import Operator
from runbook.records.seal import add_signature, key_of, seal
from runbook.records.statement import Statement, Strict, subject
from runbook.run.at_work import Life
from runbook.run.record import Folder, as_json

CLOSING = "https://runbook.invalid/closing/v1"
# A run on another machine may only wait for a person, and go on, until then.
QUIET = timedelta(hours=1)


class Closing(Strict):
    """Who closed a record, and why."""

    change_id: str
    closed: AwareDatetime
    by: Operator
    because: str = Field(description="what the person found on the host, or did there")


class ClosingManifest(Statement[Closing]):
    """`later-closed.json`."""


def close(outputs: Path, entry: Entry, because: str, now: datetime, sign_with: str) -> Path:
    """Write the closing, after sealing the record of a run that died.

    Raises CorrectParameters if the record is not open, or its run may still go on.
    """
    folder = Folder(outputs / entry.place)
    if entry.fact in (RUNNING, WAITING):
        then = "let the run end, or end its kernel; then try again"
        raise _refusal(entry, f"its run {entry.words} ({entry.said})", then)
    if not entry.open:
        raise _refusal(entry, "it is not open", "`runbook records list` marks open records with !")
    if not folder.has(MANIFEST) and entry.words != Life.DIED:
        _refuse_one_at_work(entry, folder, now)
    try:
        if not folder.has(MANIFEST):
            seal(folder, last_moment(folder), sign_with=sign_with)
        return _write(folder, because, now, sign_with)
    except (OSError, ValueError) as error:
        then = "make the folder readable and writable, then try again"
        raise _refusal(entry, f"{folder.path}: {error}", then) from error


def is_closed(folder: Path) -> bool:
    """Whether a closing of this very record is beside it; anybody can make a file of that name."""
    try:
        sealed = handed_files.read(folder / MANIFEST, through_links=False)
        told = ClosingManifest.model_validate_json(handed_files.read(folder / CLOSED))
    except (OSError, ValueError):
        return False
    of_this = told.predicate.change_id == folder.name
    return of_this and (subject(MANIFEST, sealed),) == told.subject


def _refuse_one_at_work(entry: Entry, folder: Folder, now: datetime) -> None:
    last = last_moment(folder)
    if now - last < QUIET:
        why = f"its run wrote its last line at {last:%H:%M} UTC, and may go on"
        then = f"`runbook status {entry.host}` tells what is armed there; close it an hour later"
        raise _refusal(entry, why, then)


def _write(folder: Folder, because: str, now: datetime, sign_with: str) -> Path:
    sealed = handed_files.read(folder.path / MANIFEST)
    closing = Closing(
        change_id=folder.path.name, closed=now, by=operator(), because=because.strip()
    )
    made = ClosingManifest(
        subject=(subject(MANIFEST, sealed),), predicateType=CLOSING, predicate=closing
    )
    content = as_json(made.model_dump(mode="json", by_alias=True))
    path = folder.once(CLOSED, content)
    if key := key_of(folder.path, sign_with):
        add_signature(folder, CLOSED, content, key)
    return path


def _refusal(entry: Entry, why: str, then: str) -> CorrectParameters:
    return CorrectParameters(
        f"{entry.place} was not closed: {why}", state="no host was contacted", then=then
    )
