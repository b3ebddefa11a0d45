"""Reads a run folder as one record in a list, by its manifest or by what a run left that died."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from runbook.common import handed_files
from runbook.records.close import is_closed
from runbook.records.entry import RUNNING, UNREADABLE, WAITING, Entry
from runbook.records.files import MANIFEST, newest_first, run_folders
from runbook.records.make_manifest import begun_of, last_moment
from runbook.records.manifest import load
from runbook.records.predicate import FACTS, OPEN, Fact, Record
from runbook.run import at_work
from runbook.run.at_work import Life
from runbook.run.record import JOURNAL, Ending, Folder

# The copy of the undo that a run has put on the host.
ARMED = "undo"
ALIVE = {Life.RUNNING: RUNNING, Life.WAITING: WAITING}


def read(folder: Path) -> Entry:
    """The record in a run folder; one that cannot be read says so."""
    try:
        return _sealed(folder, load(folder).predicate)
    except FileNotFoundError:
        return _not_sealed(folder)
    except (OSError, ValueError) as error:
        return _unreadable(folder, f"{MANIFEST}: {error}")


def _place(folder: Path) -> tuple[str, str, str]:
    # By where it is, for that is where a person finds it; `verify` says if it belongs elsewhere.
    host = folder.parent.name
    return f"{host}/{folder.name}", host, folder.name


def _is_open(folder: Path, fact: str) -> bool:
    """Whether the host may be half changed: a run that died before it was armed changed nothing.

    A run that goes on looks after its host by itself.
    """
    changed = fact == Fact.UNKNOWN or (fact in OPEN and (folder / ARMED).exists())
    return changed and not is_closed(folder)


def _sealed(folder: Path, record: Record) -> Entry:
    return Entry(
        *_place(folder),
        kind=record.kind,
        subject=record.subject,
        person=_person(record.operator),
        begun=_iso(record.begun),
        ended=_iso(record.ended),
        fact=record.verdict.fact.value,
        words=record.verdict.words,
        said=record.verdict.said,
        ticket=record.ticket or "",
        reason=record.reason or "",
        duration_s=record.duration_s,
        sealed=True,
        open=_is_open(folder, record.verdict.fact.value),
        links=tuple(link.change_id for link in record.links),
    )


def _not_sealed(folder: Path) -> Entry:
    """Of a run that died or goes on, and of a record that is older than the manifest."""
    run = Folder(folder)
    try:
        begun, outcome = begun_of(run), run.outcome()
        moment = last_moment(run)
    except (OSError, ValueError) as error:
        return _unreadable(folder, str(error))
    fact, words, said = _ending(run, outcome)
    ended = outcome.get("at", moment)
    return Entry(
        *_place(folder),
        kind=begun.kind,
        subject=begun.subject,
        person=_person(begun.operator) or str(outcome.get("operator", "")),
        begun=_iso(begun.begun),
        ended=_iso(ended) if isinstance(ended, datetime) else str(ended),
        fact=fact,
        words=words,
        said=said,
        ticket=begun.envelope.ticket or "",
        reason=begun.envelope.reason or "",
        duration_s=None,
        sealed=False,
        open=_is_open(folder, fact),
        links=_found(folder),
    )


def _ending(run: Folder, outcome: Mapping[str, object]) -> tuple[str, str, str]:
    """How the run ended, or whether it goes on: one word, the same in words, a sentence."""
    with suppress(KeyError, ValueError):
        ending = Ending(str(outcome["outcome"]))
        return FACTS[ending].value, str(ending), str(outcome.get("said", ""))
    journal: list[str] = []
    with suppress(OSError, ValueError):
        journal = run.text(JOURNAL).splitlines()
    work = at_work.look(run.path, journal)
    return ALIVE.get(work.life, Fact.DIED.value), work.life.value, work.describe(journal)


def _found(folder: Path) -> tuple[str, ...]:
    """The change that an undo, a confirmation or an audit found on the host."""
    for name in ("found.json", "reverts.json", "audit.json"):
        with suppress(OSError, ValueError):
            document = handed_files.json_object(handed_files.text(folder / name))
            return tuple(filter(None, (str(document.get("change_id") or ""),)))
    return ()


def _unreadable(folder: Path, why: str) -> Entry:
    words = f"cannot be read: {why}"
    seen = (*_place(folder), "", "", "", "", "", UNREADABLE, words, "", "", "", None)
    return Entry(*seen, sealed=(folder / MANIFEST).exists(), open=not is_closed(folder))


def _person(operator: object) -> str:
    """The person and the machine; '' where that was not kept."""
    person, machine = (getattr(operator, name, "") for name in ("person", "machine"))
    return f"{person}@{machine}" if person else ""


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def folders(outputs: Path) -> tuple[Path, ...]:
    """Every run folder, the newest first; raises nothing where outputs/ is not there."""
    return tuple(newest_first(run_folders(outputs)))
