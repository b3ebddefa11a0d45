"""Verifies all records together: files, signatures, and the chain of each host. Contacts nothing.

Each manifest has the digest of the record of its host that was sealed before it. So a record that
was removed, altered or dated anew breaks the chain at the next one. The newest has no next one:
its digest is on the host, and `on_hosts` asks for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from runbook.common import handed_files
from runbook.common.moments import utc
from runbook.common.printable import printable
from runbook.records import handed_over
from runbook.records.approval_text import ApprovalText, parse
from runbook.records.files import MANIFEST, SIGNATURE, manifests
from runbook.records.make_manifest import STAMP
from runbook.records.manifest import Fault, load, verify
from runbook.records.predicate import Previous, Record
from runbook.records.signature import LARGEST, Signed, Trust, check, check_approval
from runbook.records.statement import sha256

# In JupyterLab a person may leave a run for hours between the connection and the first file.
EARLY, LATE = timedelta(seconds=5), timedelta(days=1)


class Kind(StrEnum):
    """Whether somebody has altered a record, or it only cannot be proved that nobody has."""

    ALTERED = "altered"
    NOT_PROVED = "not proved"


@dataclass(frozen=True, slots=True)
class TrailFinding:
    """What is wrong with a record: its place, the file or the record that it is about, a sentence.

    `fault` is a word for programs.
    """

    place: str
    kind: Kind
    fault: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A manifest that could be read."""

    place: str
    sha256: str
    record: Record


def verify_all(
    folders: Iterable[Path], allowed: Path, *, signed: bool = False
) -> tuple[TrailFinding, ...]:
    """Everything that is wrong with these run folders. `signed`: each record has to be signed.

    All records of a host have to be among them, but for those that were handed over.
    """
    by_host: dict[Path, list[Path]] = {}
    for folder in folders:
        by_host.setdefault(folder.parent, []).append(folder)
    gone = handed_over.digests(next(iter(by_host)).parent) if by_host else {}
    return tuple(f for own in by_host.values() for f in _of_host(own, gone, allowed, signed=signed))


def _of_host(
    folders: list[Path], gone: Mapping[str, str], allowed: Path, *, signed: bool
) -> Iterator[TrailFinding]:
    there: dict[str, _Sealed] = {}
    names = {folder.name for folder in folders}
    for folder in sorted(folders):
        yield from _files(folder)
        yield from _signatures(folder, allowed, signed=signed)
        yield from _approval(folder, allowed)
        if sealed := _sealed(folder):
            there[folder.name] = sealed
    host = folders[0].parent.name
    for sealed in there.values():
        yield from _dated(sealed)
        before = sealed.record.previous
        if before and gone.get(f"{host}/{before.change_id}") != before.sha256:
            yield from _previous(sealed, before, there, names)


def place_of(folder: Path) -> str:
    """The folder below outputs/, wherever that is."""
    return f"{folder.parent.name}/{folder.name}"


def _sealed(folder: Path) -> _Sealed | None:
    with suppress(OSError, ValueError):
        content = handed_files.read(folder / MANIFEST)
        return _Sealed(place_of(folder), sha256(content), load(folder).predicate)
    return None


def _files(folder: Path) -> Iterator[TrailFinding]:
    try:
        found = verify(folder)
    except OSError as error:
        text = f"the folder cannot be read: {error.strerror}"
        yield TrailFinding(place_of(folder), Kind.ALTERED, "unreadable", "", text)
        return
    for one in found:
        kind = Kind.NOT_PROVED if one.fault is Fault.NO_MANIFEST else Kind.ALTERED
        yield TrailFinding(place_of(folder), kind, one.fault.value, one.name, one.text)


def _signatures(folder: Path, allowed: Path, *, signed: bool) -> Iterator[TrailFinding]:
    with suppress(OSError):
        every = [(path, _signature(path, allowed)) for path in manifests(folder)]
        some = any(found.trust is Trust.GOOD for _, found in every)
        for path, found in every:
            missing = found.trust is Trust.NOT_SIGNED
            if found.trust is Trust.GOOD or (missing and not (signed or some)):
                continue
            if missing and not signed and path.name == MANIFEST and _vouched(every):
                continue
            # Whoever has no key can add a manifest of their own, or take a signature away.
            kind = Kind.NOT_PROVED if missing and not signed else Kind.ALTERED
            other = "; other manifests of the record are signed" if some and missing else ""
            text = f"{path.name}: {found.trust}: {found.text}{other}"
            yield TrailFinding(place_of(folder), kind, found.trust.value, path.name, text)


def _approval(folder: Path, allowed: Path) -> Iterator[TrailFinding]:
    """The newest signed approval: a stage that ran again asked for another one."""
    every = sorted(folder.glob("approval*.txt.sig"), key=lambda path: (len(path.name), path.name))
    for path in every[-1:]:
        try:
            content = handed_files.read(path.with_suffix(""), LARGEST, through_links=False)
            found = check_approval(content, path, allowed)
            why = _not_of(parse(content.decode()), found.by, load(folder).predicate)
        except (OSError, ValueError, TypeError) as error:
            text = f"the approval cannot be checked: {printable(str(error))}"
            yield TrailFinding(place_of(folder), Kind.NOT_PROVED, "approval", path.name, text)
            continue
        if found.trust is not Trust.GOOD:
            why = f"{found.trust}: {found.text}"
        if why:
            text = f"the approval is none of this change: {why}"
            yield TrailFinding(place_of(folder), Kind.ALTERED, "approval", path.name, text)


def _not_of(approval: ApprovalText, by: str, record: Record) -> str:
    """Why this approval does not belong to the record; '' if it does."""
    said = (approval.host, approval.plan, approval.ticket)
    if said != (record.host, record.plan_sha256, record.ticket):
        return "host, plan or ticket of the record is another one"
    if record.approval is None or record.approval.by != by:
        return f"{by} signed it, and the record names {record.approval and record.approval.by}"
    if datetime.fromisoformat(record.approval.at) >= approval.until:
        return f"it was used at {record.approval.at}, and was good until {approval.until}"
    return ""


def _vouched(every: Iterable[tuple[Path, Signed]]) -> bool:
    """Whether a signed manifest that came later has the digest of `record.json`."""
    good = [path for path, found in every if found.trust is Trust.GOOD]
    with suppress(OSError, ValueError, KeyError, TypeError):
        for path in good:
            document = handed_files.json_object(handed_files.text(path))
            if any(one["name"] == MANIFEST for one in document["subject"]):
                return True
    return False


def _signature(path: Path, allowed: Path) -> Signed:
    return check(path, path.with_name(path.name + SIGNATURE), allowed)


def _dated(sealed: _Sealed) -> Iterator[TrailFinding]:
    """The number of a run begins with the moment at which it began."""
    record = sealed.record
    try:
        stamp = record.change_id.partition("-")[0]
        moment = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        moment = datetime.fromtimestamp(0, UTC)
    if not -EARLY <= record.begun - moment <= LATE or record.ended < record.begun:
        text = (
            f"dated anew: its number says {moment:%Y-%m-%d %H:%M:%S} UTC, its manifest says that"
            f" it began at {_utc(record.begun)} and ended at"
            f" {_utc(record.ended)}"
        )
        yield TrailFinding(sealed.place, Kind.ALTERED, "re-dated", MANIFEST, text)


def _utc(moment: datetime) -> str:
    try:
        return utc(moment.astimezone(UTC))
    except OverflowError:
        return moment.isoformat()


def _previous(
    sealed: _Sealed, before: Previous, there: Mapping[str, _Sealed], names: set[str]
) -> Iterator[TrailFinding]:
    name = printable(before.change_id)
    host = sealed.place.partition("/")[0]
    if before.change_id not in there:
        gone = "has no manifest" if before.change_id in names else "is not here"
        text = f"record {name} {gone}; {sealed.place} was sealed after it and has its digest"
        yield TrailFinding(f"{host}/{name}", Kind.ALTERED, "removed", MANIFEST, text)
    elif there[before.change_id].sha256 != before.sha256:
        text = f"its manifest is not the one that was there when {sealed.place} was sealed"
        yield TrailFinding(f"{host}/{name}", Kind.ALTERED, "changed", MANIFEST, text)
