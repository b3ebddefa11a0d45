"""The record of a confirmed change, to be taken back: read, verified, and held against its host.

A record is data, and anybody who can write in outputs/ can forge one. Its files have to be as they
were when it was sealed, and the host has to know the digest of its manifest, if it knows one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runbook.common import handed_files
from runbook.common.errors import CorrectParameters, Refused
from runbook.common.printable import printable
from runbook.plan.revert.recorded import RecordedChange
from runbook.records import witness
from runbook.records.audit.baseline import ConfirmedRecord, confirmed_changes
from runbook.records.files import MANIFEST, SIGNATURE
from runbook.records.link import CHANGE_ID
from runbook.records.manifest import LARGEST, Fault, verify
from runbook.records.statement import sha256
from runbook.transport.host import Reader

# A file that somebody laid beside the record alters nothing in it.
_HARMLESS = (Fault.EXTRA,)
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A recorded change, the run folder that made it and the one that confirmed it."""

    change: RecordedChange
    made: Path
    confirmed: Path


def find(folder: Path, change_id: str, allowed: Path) -> Confirmation:
    """The confirmed change of this number; of the host's newest one if it is ''.

    `folder` has the host's records. Raises CorrectParameters: no record, one that was altered, or
    one that lacks what a revert needs.
    """
    every = confirmed_changes(folder)
    if change_id and not CHANGE_ID.fullmatch(change_id):
        raise _refused(f"{printable(change_id)!r} is not the number of a change", every)
    own = next((one for one in every if change_id in ("", one.change_id)), None)
    if own is None:
        what = f"confirmed change {change_id}" if change_id else "confirmed change"
        raise _refused(f"there is no record of a {what} of {folder.name} here", every)
    for path in dict.fromkeys((own.changed_by, own.confirmed_by)):
        _refuse_altered(path, allowed)
    return Confirmation(_read(own, folder.name), own.changed_by, own.confirmed_by)


def _read(own: ConfirmedRecord, host: str) -> RecordedChange:
    plan, before, after = own.plan(), own.before(), own.state()
    if plan is None or before is None or after is None:
        lacks = "plan.json" if plan is None else "before.json" if before is None else "after.json"
        raise _altered(own.changed_by, f"it has no {lacks}")
    if plan.host != host or host not in (before.host, after.host):
        raise _altered(own.changed_by, f"its plan is of {printable(plan.host)}, not of {host}")
    if before.identity.machine_id != after.identity.machine_id:
        raise _altered(own.changed_by, "its states are of two machines")
    return RecordedChange(own.change_id, plan, before, after)


def _refuse_altered(path: Path, allowed: Path) -> None:
    try:
        signed = (path / f"{MANIFEST}{SIGNATURE}").exists() and allowed.exists()
        found = verify(path, allowed if signed else None)
    except OSError as error:
        raise _altered(path, f"it cannot be read: {error.strerror}") from error
    wrong = [one for one in found if one.fault not in _HARMLESS]
    if wrong:
        raise _altered(path, "; ".join(f"{one.name}: {one.text}" for one in wrong))


def refuse_another_digest(found: Confirmation, host: Reader) -> None:
    """Raise Refused if the host knows the record of this change by another digest or number.

    Somebody may have laid a record beside it that says that it confirmed the same change.
    """
    ended = witness.of(host, found.change.change_id)
    if ended and ended.change_id != found.confirmed.name:
        raise _not_the_host_s(found.confirmed, host)
    for known in witness.read(host):
        for path in {found.made, found.confirmed}:
            if known.change_id != path.name:
                continue
            digest = sha256(handed_files.read(path / MANIFEST, LARGEST))
            if digest != known.sha256:
                raise _not_the_host_s(path, host)


def _not_the_host_s(path: Path, host: Reader) -> Refused:
    return Refused(
        f"the record of {path.name} is not the one whose digest the host has",
        host=host.name,
        state="as it was; nothing was written by this run",
        then="`runbook records verify --hosts` tells more; use the record of the machine that"
        " made the change",
    )


def _refused(why: str, every: Iterable[ConfirmedRecord]) -> CorrectParameters:
    known = [one.change_id for one in every][:_LISTED]
    then = (
        f"name one of: {', '.join(known)}"
        if known
        else "copy the run folder of that change into outputs/ of this machine; the machine that"
        " made it has it"
    )
    return CorrectParameters(why, state="nothing was written, and no host was contacted", then=then)


def _altered(path: Path, why: str) -> CorrectParameters:
    return CorrectParameters(
        f"the record {path.parent.name}/{path.name} cannot be used for a revert: {why}",
        state="nothing was written, and no host was contacted",
        then="restore it from a copy; `runbook records verify` tells what was altered. A record"
        " whose run died is sealed by `runbook records close`",
    )
