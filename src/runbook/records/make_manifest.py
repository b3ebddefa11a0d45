"""Reads a run folder and makes its manifest. A file that is missing or damaged is a None in it.

A record of a run that died, or of an older version of this program, has less in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from runbook.common import handed_files
from runbook.records import absence
from runbook.records.files import BEGUN, of_the_record
from runbook.records.predicate import (
    FACTS,
    RECORD,
    Absence,
    Approval,
    Begun,
    Envelope,
    Fact,
    Kind,
    Link,
    Manifest,
    Previous,
    Record,
    Verdict,
)
from runbook.records.statement import ON_THE_HOST, Subject, sha256, subject
from runbook.run.record import JOURNAL, OUTCOME, Ending, Folder

READ = "read"
AUDIT = "audit.json"
# The newest of each that a folder has tells which machine it was.
SNAPSHOTS = ("before.json", "now.json", "seen.json", AUDIT)
STAMP = "%Y%m%dT%H%M%SZ"
DIED = "died in the middle"


class HostFiles(NamedTuple):
    """What the host itself keeps of a change; `why` it was not read, where it was not.

    `last` is the record that the host knew as its last one before.
    """

    files: Mapping[str, bytes]
    why: str = READ
    last: Previous | None = None


NOT_CHANGED = HostFiles({}, "nothing of this run is on the host")


def make(folder: Folder, ended: datetime, host: HostFiles, previous: Previous | None) -> Manifest:
    """The manifest of a run folder as it is now; raises OSError if a file cannot be read."""
    begun = begun_of(folder)
    verdict = _verdict(folder)
    approval = _approval(folder)
    record = Record(
        **begun.model_dump(
            include={"host", "kind", "subject", "change_id", "begun", "utc_offset", "time_zone"}
        ),
        **begun.envelope.model_dump(),
        machine_id=_machine_id(folder),
        ended=ended,
        verdict=verdict,
        operator=begun.operator,
        approval=approval,
        plan_sha256=_plan_sha256(folder),
        absence=_absence(folder),
        versions=begun.versions,
        previous=previous,
        previous_on_host=host.last,
        links=tuple(_links(folder, verdict.fact)),
        host_files=host.why,
        not_written=tuple(sorted(folder.unwritten)),
    )
    subjects = (*_files(folder.path), *_on_the_host(host))
    return Manifest(subject=subjects, predicateType=RECORD, predicate=record)


def begun_of(folder: Folder) -> Begun:
    """What was known at the start; of an older record what its files tell."""
    with suppress(OSError, ValueError):
        return Begun.model_validate_json(folder.text(BEGUN))
    return _older(folder)


def _older(folder: Folder) -> Begun:
    host, change_id = folder.path.parent.name, folder.path.name
    return Begun.model_construct(
        kind=_kind(folder),
        host=host,
        subject=host,
        change_id=change_id,
        begun=_stamp(change_id),
        utc_offset="",
        time_zone="",
        operator=None,
        envelope=Envelope(),
        versions=None,
    )


def _kind(folder: Folder) -> Kind:
    """By the file that only this kind of run writes."""
    signs: tuple[tuple[str, Kind], ...] = (
        ("found.json", "undo"),
        ("seen.json", "survey"),
        ("guests-asked.json", "guest"),
        ("reverts.json", "revert"),
        ("approval.json", "change"),
    )
    return next((kind for name, kind in signs if folder.has(name)), "plan")


def _stamp(change_id: str) -> datetime:
    with suppress(ValueError):
        return datetime.strptime(change_id.partition("-")[0], STAMP).replace(tzinfo=UTC)
    return datetime.fromtimestamp(0, UTC)


def last_moment(folder: Folder) -> datetime:
    """When a run that died wrote its last line."""
    with suppress(OSError, ValueError, IndexError):
        last = folder.text(JOURNAL).splitlines()[-1]
        moment = datetime.fromisoformat(last.partition(" ")[0])
        if moment.tzinfo:
            return moment
    return begun_of(folder).begun


def _verdict(folder: Folder) -> Verdict:
    told = _json(folder, OUTCOME)
    with suppress(KeyError, ValueError):
        ending = Ending(str(told["outcome"]))
        return Verdict(fact=FACTS[ending], words=str(ending), said=str(told.get("said", "")))
    last = ""
    with suppress(OSError, ValueError, IndexError):
        last = folder.text(JOURNAL).splitlines()[-1]
    said = f"the last line of its journal: {last or 'none'}"
    return Verdict(fact=Fact.DIED, words=DIED, said=said)


def _approval(folder: Folder) -> Approval | None:
    told = _json(folder, _newest(folder, "approval.json"))
    with suppress(KeyError, ValidationError):
        by = told.get("approved_by") or told["who"]
        return Approval(by=by, how=told["how"], plan_sha256=told["plan"], at=told["at"])
    return None


def _plan_sha256(folder: Folder) -> str | None:
    with suppress(OSError):
        content = handed_files.read(folder.path / _newest(folder, "plan.json"))
        return sha256(content)
    return None


def _machine_id(folder: Folder) -> str | None:
    for name in SNAPSHOTS:
        identity = _json(folder, _newest(folder, name)).get("identity")
        if isinstance(identity, dict) and identity.get("machine_id"):
            return str(identity["machine_id"])
    return None


def _absence(folder: Folder) -> Absence | None:
    with suppress(OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return absence.measured(folder.text(_newest(folder, "pulse.json")))
    return None


def _links(folder: Folder, fact: Fact) -> Iterable[Link]:
    found = _json(folder, "found.json").get("change_id")
    if found:
        does: Mapping[Fact, Any] = {Fact.UNDONE: "undoes", Fact.CONFIRMED: "confirms"}
        yield Link(relation=does.get(fact, "looks at"), change_id=str(found))
    if taken := _json(folder, "reverts.json").get("change_id"):
        relation: Any = "reverts" if fact is Fact.CONFIRMED else "looks at"
        yield Link(relation=relation, change_id=str(taken))
    if audited := _json(folder, AUDIT).get("change_id"):
        yield Link(relation="audits", change_id=str(audited))


def _newest(folder: Folder, name: str) -> str:
    """x.json, x-2.json, ...: a stage that ran again before the change was armed."""
    stem, _, ending = name.partition(".")
    newest, number = name, 2
    while folder.has(f"{stem}-{number}.{ending}"):
        newest, number = f"{stem}-{number}.{ending}", number + 1
    return newest


def _json(folder: Folder, name: str) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        return handed_files.json_object(folder.text(name))
    return {}


def _files(folder: Path) -> Iterable[Subject]:
    return [subject(path.name, handed_files.read(path)) for path in of_the_record(folder)]


def _on_the_host(host: HostFiles) -> Iterable[Subject]:
    return [subject(f"{ON_THE_HOST}{path}", host.files[path]) for path in sorted(host.files)]
