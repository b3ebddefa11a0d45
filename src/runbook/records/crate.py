"""Describes exported records as an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1). Pure."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from runbook.records.entry import Entry

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/crate/1.1"
SOFTWARE, LICENCE = "#runbook", "#licence"
Node = dict[str, object]


def crate(entries: Sequence[Entry], sizes: Mapping[str, int], at: datetime) -> str:
    """The metadata file. `sizes` has each file below the crate's root, with its length in bytes."""
    graph = [
        _descriptor(),
        _root(entries, at),
        *(node for entry in entries for node in _record(entry, sizes)),
        *_people(entries),
        {"@id": SOFTWARE, "@type": "SoftwareApplication", "name": "runbook"},
        {
            "@id": LICENCE,
            "@type": "CreativeWork",
            "name": "No licence: records of changes, for those to whom they are given",
        },
    ]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _descriptor() -> Node:
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": PROFILE},
        "about": {"@id": "./"},
    }


def _root(entries: Sequence[Entry], at: datetime) -> Node:
    hosts = ", ".join(sorted({entry.host for entry in entries}))
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Records of changes of {hosts}",
        "description": f"{len(entries)} records, each a folder host/change with its manifest",
        "datePublished": at.isoformat(timespec="seconds"),
        "license": {"@id": LICENCE},
        "hasPart": [{"@id": _id(f"{entry.place}/")} for entry in entries],
    }


def _record(entry: Entry, sizes: Mapping[str, int]) -> Iterator[Node]:
    names = [name for name in sizes if name.startswith(f"{entry.place}/")]
    node: Node = {
        "@id": _id(f"{entry.place}/"),
        "@type": "Dataset",
        "name": f"{entry.kind or 'run'} of {entry.subject or entry.host}, {entry.change_id}",
        "description": ": ".join(filter(None, (entry.words, entry.said, entry.reason))),
        "identifier": entry.change_id,
        "creator": {"@id": SOFTWARE},
        "hasPart": [{"@id": _id(name)} for name in names],
    }
    told = {"dateCreated": entry.begun, "dateModified": entry.ended, "keywords": entry.ticket}
    node |= {name: value for name, value in told.items() if value}
    if entry.person:
        node["author"] = {"@id": _person(entry.person)}
    yield node
    for name in names:
        yield _file(name, sizes[name])


def _file(name: str, size: int) -> Node:
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    file = {"@id": _id(name), "@type": "File", "name": name.rpartition("/")[2]}
    return {**file, "contentSize": str(size), "encodingFormat": kind}


def _people(entries: Sequence[Entry]) -> Iterator[Node]:
    for person in sorted({entry.person for entry in entries if entry.person}):
        yield {"@id": _person(person), "@type": "Person", "name": person}


def _person(name: str) -> str:
    return f"#{quote(name, safe='')}"


def _id(path: str) -> str:
    """A path as an IRI reference."""
    return quote(path, errors="surrogateescape")
