"""Hands old records over: into one bag, and out of outputs/. What is needed here stays.

Of each record that went, its place and the digest of its manifest stay here, so that the chain of
the host's later records still has its end.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from runbook.common import atomic_files, handed_files
from runbook.common.errors import CorrectParameters
from runbook.records import bag
from runbook.records.audit_trail import verify_all
from runbook.records.entry import Entry
from runbook.records.files import MANIFEST, is_record
from runbook.records.handed_over import FOLDER
from runbook.records.predicate import Fact
from runbook.records.statement import sha256


@dataclass(frozen=True, slots=True)
class HandOver:
    """What is handed over, and what stays although it is old enough, each with the reason."""

    handed: tuple[Entry, ...]
    kept: tuple[tuple[Entry, str], ...]


def choose(entries: Iterable[Entry], until: str) -> HandOver:
    """What is of that day or older; raises CorrectParameters if it is no day."""
    try:
        date.fromisoformat(until)
    except ValueError as error:
        raise _refusal(f"{until!r} is no day: {error}", "write it as 2026-03-01") from None
    every = tuple(entries)
    needed = frozenset(_needed(every))
    old = [entry for entry in every if entry.begun[:10] <= until]
    kept = tuple((entry, why) for entry in old if (why := _why_kept(entry, needed)))
    stays = {entry.place for entry, _ in kept}
    return HandOver(tuple(entry for entry in old if entry.place not in stays), kept)


def _why_kept(entry: Entry, needed: frozenset[str]) -> str:
    if entry.open:
        return "it is open: somebody has to look at the host"
    if not entry.sealed:
        return "it has no manifest: the run died, or it is older than manifests"
    return "an audit of the host needs it" if entry.place in needed else ""


def _needed(every: tuple[Entry, ...]) -> Iterator[str]:
    """The newest confirmed change of each host, of each guest, and what a confirmation links to."""
    newest: set[tuple[str, str]] = set()
    for entry in sorted(every, key=lambda entry: entry.change_id, reverse=True):
        subject = (entry.host, entry.host if entry.kind != "guest" else entry.subject)
        if entry.fact == Fact.CONFIRMED and subject not in newest:
            newest.add(subject)
            yield entry.place
            yield from (f"{entry.host}/{change}" for change in entry.links)


def hand_over(
    outputs: Path, entries: Sequence[Entry], to: Path, at: datetime, allowed: Path
) -> None:
    """Export, remember, remove, in this order.

    Raises CorrectParameters if one of the records was altered, or the bag cannot be made.
    """
    folders = [outputs / entry.place for entry in entries]
    for found in verify_all(_hosts_of(outputs, entries), allowed):
        if found.place in {entry.place for entry in entries}:
            why = f"{found.place}: {found.text}"
            raise _refusal(why, "`runbook records verify` tells all; see what happened to it first")
    left_out = bag.export(outputs, entries, to, at, allowed)
    if left_out:
        raise _refusal(f"left out: {', '.join(left_out)}", f"remove {to}, make them readable")
    _remember(outputs, entries, to, at)
    for folder in folders:
        with suppress(OSError):
            shutil.rmtree(folder)


def _hosts_of(outputs: Path, entries: Sequence[Entry]) -> Iterator[Path]:
    """All records of these hosts: an altered one may only be told by the next."""
    for host in sorted({entry.host for entry in entries}):
        yield from (path for path in (outputs / host).glob("[A-Za-z0-9]*") if is_record(path))


def _remember(outputs: Path, entries: Sequence[Entry], to: Path, at: datetime) -> None:
    told = {
        "to": str(to),
        "at": at.isoformat(timespec="seconds"),
        "records": {
            entry.place: sha256(handed_files.read(outputs / entry.place / MANIFEST))
            for entry in entries
        },
    }
    path = outputs / FOLDER / f"{at:%Y%m%dT%H%M%SZ}.json"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        atomic_files.create(path, (json.dumps(told, indent=1) + "\n").encode())
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror or error}"
        raise _refusal(why, f"the records are as they were; remove {to} and try again") from error


def _refusal(why: str, then: str) -> CorrectParameters:
    return CorrectParameters(
        f"nothing was handed over: {why}", state="the records are as they were", then=then
    )
