"""The digest of a record on its host: store and host witness each other.

Whoever removes the newest record of a host here leaves its digest there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from runbook.apply.checkpoint.layout import ROOT, Layout
from runbook.records.predicate import Previous
from runbook.transport.host import Host, HostFile, Reader

NAME = "record.sha256"
# As `sha256sum` prints it; the name leads to the file from the folder of the host's records.
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9-]{1,64})/record\.json\n")


def path(change_id: str) -> str:
    """Where a change keeps the digest of its record on the host."""
    return f"{Layout(change_id).directory}/{NAME}"


def line(record: Previous) -> str:
    """The content of that file."""
    return f"{record.sha256}  {record.change_id}/record.json\n"


def write(host: Host, change_id: str, record: Previous) -> None:
    """Leave the digest on the host, in the folder of this change; raises as a host's writes do."""
    host.write_file(HostFile(path(change_id), line(record).encode(), 0o600))


def of(host: Reader, change_id: str) -> Previous | None:
    """The record that ended this change, by the host; None if the host does not say."""
    found = _told(host.read_files([path(change_id)]))
    return found[0] if found else None


def read(host: Reader) -> tuple[Previous, ...]:
    """Every digest on the host, the oldest change first; a file that holds no digest is left out.

    Raises MendAccess or ReadFailed.
    """
    paths = sorted(host.glob(f"{ROOT}/2*/{NAME}"))
    return _told(host.read_files(paths) if paths else ())


def _told(files: Iterable[HostFile | None]) -> tuple[Previous, ...]:
    told = (_LINE.fullmatch(file.content.decode("latin-1")) for file in files if file)
    return tuple(Previous(change_id=found[2], sha256=found[1]) for found in told if found)
