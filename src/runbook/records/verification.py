"""What `runbook records verify` asks: which records, and whether the hosts are asked too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runbook.common.clock import Clock
from runbook.records import handed_over
from runbook.records.audit_trail import Kind, TrailFinding, place_of, verify_all
from runbook.records.files import run_folders
from runbook.records.signature import ALLOWED_SIGNERS

NOT_PROVED, ALTERED = 3, 4


@dataclass(frozen=True, slots=True)
class Asked:
    """`host` '' is all hosts, no `places` are all records; `hosts`: ask the hosts, too."""

    host: str = ""
    places: frozenset[str] = frozenset()
    hosts: bool = False
    signed: bool = False


def run(
    outputs: Path, folder: Path, asked: Asked, clock: Clock
) -> tuple[int, tuple[TrailFinding, ...]]:
    """How many records were verified, and what is wrong with them."""
    every = [path for path in folders(outputs) if asked.host in ("", path.parent.name)]
    found = list(verify_all(every, folder / ALLOWED_SIGNERS, signed=asked.signed))
    found += _links(outputs, asked.host)
    if asked.hosts:
        # Only this asks a host, and that takes libvirt and netlink to import.
        from runbook.records.on_hosts import verify_hosts

        named = (asked.host,) if asked.host else ()
        found += verify_hosts(every, folder, clock, named)
    if asked.places:
        found = [one for one in found if one.place in asked.places]
        return len(asked.places), tuple(found)
    return len(every), tuple(found)


def handed(outputs: Path, host: str) -> int:
    """How many records are not verified because they were handed over, by the lists here."""
    places = handed_over.digests(outputs)
    return sum(host in ("", place.partition("/")[0]) for place in places)


def folders(outputs: Path) -> tuple[Path, ...]:
    """Every run folder; none where outputs/ is not there."""
    return tuple(sorted(run_folders(outputs), key=place_of))


def _links(outputs: Path, host: str) -> Iterator[TrailFinding]:
    """What could stand in for a record and is none."""
    found = (*outputs.glob("[A-Za-z0-9]*"), *outputs.glob("[A-Za-z0-9]*/[A-Za-z0-9]*"))
    for path in sorted(path for path in found if path.is_symlink()):
        place = path.relative_to(outputs)
        if host in ("", place.parts[0]):
            text = "it is a link, and no record is read through a link"
            yield TrailFinding(str(place), Kind.NOT_PROVED, "a link", "", text)


def exit_status(found: tuple[TrailFinding, ...]) -> int:
    """0 if all is proved."""
    kinds = {one.kind for one in found}
    return ALTERED if Kind.ALTERED in kinds else NOT_PROVED if kinds else 0
