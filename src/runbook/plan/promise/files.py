"""Files that have to be on the host, and whether a snapshot shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from runbook.common.octets import bytes_of
from runbook.plan.promise.check import Check
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file that has to be on the host with exactly this text."""

    path: str
    text: str

    def is_in(self, row: FileRow | None) -> bool:
        """Whether the row is of this text, by its digest.

        A snapshot's text lacks what looks like a secret, as the address of `ip token set` does.
        """
        return row is not None and row.sha256 == sha256(bytes_of(self.text)).hexdigest()


def file_checks(files: Iterable[ExpectedFile], snapshot: Snapshot) -> Iterator[Check]:
    """One check a file."""
    for file in files:
        row = snapshot.find(FileRow, file.path)
        same = file.is_in(row)
        shown = "as promised" if same else ("other content" if row else "absent")
        yield Check(file.path, "as promised", shown, same)
