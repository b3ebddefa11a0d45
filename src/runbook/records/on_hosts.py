"""Holds the records of hosts against what the hosts themselves know of their changes.

A host keeps a directory for each change that was armed there, and in it the digest of the record.
So the removal of a host's newest record is found, and a change that has no record here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from runbook.apply.checkpoint import layout
from runbook.common import handed_files
from runbook.common.clock import Clock
from runbook.common.errors import ParameterError
from runbook.common.printable import printable
from runbook.params import KnownHost, known_host
from runbook.records import handed_over, witness
from runbook.records.audit_trail import Kind, TrailFinding, place_of
from runbook.records.files import MANIFEST
from runbook.records.manifest import LARGEST, load
from runbook.records.predicate import Previous, Record
from runbook.records.statement import sha256
from runbook.run.many_hosts import ask
from runbook.run.standing import open_host_session
from runbook.state.identity import machine_id
from runbook.transport.host import Reader

PATIENCE_S = 60.0
# The copy of the undo that a run has put on the host.
ARMED = "undo"


@dataclass(frozen=True, slots=True)
class HostMemory:
    """What a host knows: its number, the changes that were armed there, digests of records."""

    machine_id: str
    changes: frozenset[str]
    digests: tuple[Previous, ...]


def read(host: Reader) -> HostMemory:
    """Ask a host; raises MendAccess or ReadFailed."""
    journals = host.glob(f"{layout.ROOT}/2*/journal")
    changes = frozenset(path.split("/")[-2] for path in journals)
    return HostMemory(machine_id(host), changes, witness.read(host))


def verify_hosts(
    folders: Sequence[Path], params: Path, clock: Clock, hosts: Sequence[str] = ()
) -> Iterator[TrailFinding]:
    """What records and hosts do not say alike, for each host that has records or is named."""
    names = sorted({folder.parent.name for folder in folders} | set(hosts))
    gone = handed_over.digests(folders[0].parent.parent) if folders else {}
    known: list[KnownHost] = []
    for name in names:
        try:
            known.append(known_host(params, {"host": name}))
        except ParameterError as error:
            yield _not_asked(name, str(error.problem))

    def look(host: KnownHost) -> HostMemory:
        session = open_host_session(host, clock)
        with closing(session.host):
            return read(session.host)

    for answer in ask(known, look, clock, PATIENCE_S):
        own = [folder for folder in folders if folder.parent.name == answer.host]
        if answer.value is None:
            yield _not_asked(answer.host, answer.why)
        else:
            yield from compare(answer.host, own, answer.value, gone)


def _not_asked(host: str, why: str) -> TrailFinding:
    text = f"the host could not be asked: {printable(why)}"
    return TrailFinding(host, Kind.NOT_PROVED, "not asked", "", text)


def compare(
    host: str, folders: Iterable[Path], memory: HostMemory, handed_over: Mapping[str, str]
) -> Iterator[TrailFinding]:
    """What the records of one host and its own memory do not say alike."""
    gone = {place.partition("/")[2]: sha for place, sha in handed_over.items() if _of(place, host)}
    own = tuple(folders)
    sealed = {folder.name: found for folder in own if (found := _sealed(folder))}
    known = [one for one in memory.digests if gone.get(one.change_id) != one.sha256]
    yield from _digests(host, {folder.name for folder in own}, sealed, known)
    recorded = {folder.name for folder in own} | set(gone)
    recorded |= {link.change_id for _, record in sealed.values() for link in record.links}
    for change in sorted(memory.changes - recorded):
        # It may be on the machine of another operator. If it was sealed, the host has its digest.
        text = "a change was armed on the host, and it has no record here"
        yield TrailFinding(f"{host}/{printable(change)}", Kind.NOT_PROVED, "no record", "", text)
    for folder in own:
        yield from _of_another(folder, sealed.get(folder.name), memory)


def _of(place: str, host: str) -> bool:
    return place.startswith(f"{host}/")


def _sealed(folder: Path) -> tuple[str, Record] | None:
    try:
        return sha256(handed_files.read(folder / MANIFEST, LARGEST)), load(folder).predicate
    except (OSError, ValueError):
        return None


def _digests(
    host: str,
    there: set[str],
    sealed: dict[str, tuple[str, Record]],
    digests: Iterable[Previous],
) -> Iterator[TrailFinding]:
    for known in digests:
        place = f"{host}/{printable(known.change_id)}"
        if known.change_id not in there:
            text = "the host has the digest of this record, and the record is not here"
            yield TrailFinding(place, Kind.ALTERED, "removed", MANIFEST, text)
        elif known.change_id not in sealed or sealed[known.change_id][0] != known.sha256:
            text = f"its manifest is not the one whose digest the host has ({known.sha256})"
            yield TrailFinding(place, Kind.ALTERED, "changed", MANIFEST, text)


def _of_another(
    folder: Path, found: tuple[str, Record] | None, memory: HostMemory
) -> Iterator[TrailFinding]:
    recorded = found[1].machine_id if found else None
    if recorded and recorded != memory.machine_id:
        text = (
            f"it is of machine {printable(recorded)}, and the host that answers is"
            f" {printable(memory.machine_id)}"
        )
        yield TrailFinding(place_of(folder), Kind.ALTERED, "another machine", MANIFEST, text)
    elif (folder / ARMED).exists() and folder.name not in memory.changes:
        text = f"the host knows nothing of this change: {layout.ROOT}/{folder.name} is not there"
        yield TrailFinding(place_of(folder), Kind.ALTERED, "unknown to the host", "", text)
