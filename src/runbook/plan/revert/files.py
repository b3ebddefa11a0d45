"""What a revert makes of each file of the confirmed change. Pure.

A file that is as the change left it gets its original back. One that somebody edited since keeps
that edit: only the lines of the change are put back, where they still are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runbook.common import octets
from runbook.common.errors import Refused
from runbook.common.redact import REDACTED
from runbook.plan.changes.file_steps import LineEdit
from runbook.plan.changes.files import EditLines
from runbook.plan.revert.recorded import RecordedChange
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot

_THEN = (
    "put that file back by hand, as `originals` in the change's folder on the host has it, with"
    " what was added since; then run again"
)


@dataclass(frozen=True, slots=True)
class FilePlan:
    """`edits` put lines back in files that were altered since; `copied` are overwritten whole."""

    edits: tuple[EditLines, ...] = ()
    copied: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def skipped(self) -> frozenset[str]:
        """The files that do not get their original back."""
        return frozenset(edit.path for edit in self.edits)


def file_plan(change: RecordedChange, now: Snapshot) -> FilePlan:
    """Judge each file; raises Refused for one whose lines are not found any more."""
    edited = {c.path: c for c in change.plan.changes if isinstance(c, EditLines)}
    edits, copied, texts = [], [], {}
    for path in _altered(change, now):
        here = _row(now, path)
        if here is None:
            continue
        if path not in edited:
            copied.append(path)
            continue
        edit = _put_back(change, edited[path], here)
        edits.append(edit)
        texts[path] = octets.text_of(edit.do()[0].applied_to(octets.bytes_of(here.content)))  # type: ignore[union-attr] # an EditFile
    return FilePlan(tuple(edits), tuple(copied), texts)


def _altered(change: RecordedChange, now: Snapshot) -> Iterator[str]:
    """The change's files that are neither as it left them nor as they were before it."""
    for path in change.plan.paths:
        here, left, was = (_row(state, path) for state in (now, change.after, change.before))
        if here not in (left, was):
            yield path


def _row(snapshot: Snapshot, path: str) -> FileRow | None:
    return snapshot.find(FileRow, path)


def _put_back(change: RecordedChange, edit: EditLines, here: FileRow) -> EditLines:
    """The lines of the change as they were before it, in the file as it is now."""
    was = _row(change.before, edit.path)
    if was is None or sum(c == edit for c in change.plan.changes) != 1:
        raise _refused(change, edit.path, "its state before the change is not on record")
    old, lines = was.content.split("\n"), here.content.split("\n")
    found = []
    for one in edit.edits:
        own = "\n".join(old[one.first - 1 : one.last])
        if REDACTED in own:
            raise _refused(change, edit.path, "a line that the change replaced holds a secret")
        text = f"{own}\n" if own else ""
        found.append(_located(change, edit.path, one.text.splitlines(), (lines, text)))
    shown = "".join("\n".join(lines[e.first - 1 : e.last]) + "\n" for e in found)
    purpose = "put back the lines of the change, and keep what was added since"
    return EditLines(edit.path, here.sha256, tuple(found), shown, purpose)


def _located(
    change: RecordedChange, path: str, wanted: list[str], given: tuple[list[str], str]
) -> LineEdit:
    lines, text = given
    size = len(wanted)
    at = [n for n in range(len(lines) - size + 1) if lines[n : n + size] == wanted]
    if not wanted or len(at) != 1:
        where = "are not in it any more" if not at else "cannot be told from others in it"
        raise _refused(change, path, f"the lines that the change wrote {where}")
    return LineEdit(at[0] + 1, at[0] + size, text)


def _refused(change: RecordedChange, path: str, why: str) -> Refused:
    return Refused(
        f"{path} was edited since change {change.change_id}, and {why}",
        host=change.plan.host,
        state="as it was; nothing was written by this run",
        then=_THEN,
    )
