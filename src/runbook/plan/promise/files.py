"""Files that have to be on the host, and whether a snapshot shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runbook.plan.promise.check import Check
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file that has to be on the host with exactly this text."""

    path: str
    text: str


def file_checks(files: Iterable[ExpectedFile], snapshot: Snapshot) -> Iterator[Check]:
    """One check a file."""
    for file in files:
        row = snapshot.find(FileRow, file.path)
        same = row is not None and row.content == file.text
        shown = "as promised" if same else ("other content" if row else "absent")
        yield Check(file.path, "as promised", shown, same)
