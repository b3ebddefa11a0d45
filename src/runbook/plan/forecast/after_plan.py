"""The host as a plan will leave it, as far as a boot reads it: files, networks, clients. Pure."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator

from runbook.common import octets
from runbook.plan.changes.attach import AttachNetwork
from runbook.plan.changes.file_steps import EditFile, WriteFile
from runbook.plan.changes.leases import StopClient
from runbook.plan.changes.networks import CreateNetwork
from runbook.plan.plan import Plan
from runbook.state import networks
from runbook.state.files import FileRow
from runbook.state.leases import LeaseRow
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot
from runbook.transport.host import NetworkXML

Files = dict[str, FileRow]


def after(plan: Plan, snapshot: Snapshot) -> Snapshot:
    """The snapshot with the plan's files and network in it, and without the clients it stops."""
    stopped = {change.ifname for change in plan.changes if isinstance(change, StopClient)}
    running = (row for row in snapshot.rows(LeaseRow) if row.ifname not in stopped)
    made = networks.parse(_defined(plan))
    names = {row.name for row in made}
    others = (row for row in snapshot.rows(NetworkRow) if row.name not in names)
    return (
        snapshot.having(FileRow, _files(plan, snapshot).values())
        .having(NetworkRow, (*others, *made))
        .having(LeaseRow, running)
    )


def diffs(plan: Plan, snapshot: Snapshot) -> tuple[str, ...]:
    """A unified diff of each file that the plan edits, three lines around each edit."""
    before, now = _by_path(snapshot), _files(plan, snapshot)
    paths = (n.step.path for n in plan.steps() if isinstance(n.step, EditFile))
    return tuple(_diff(path, before, now) for path in dict.fromkeys(paths))


def _diff(path: str, before: Files, now: Files) -> str:
    old, new = (files[path].content.split("\n") if path in files else [] for files in (before, now))
    return "\n".join(difflib.unified_diff(old, new, path, path, lineterm=""))


def _by_path(snapshot: Snapshot) -> Files:
    return {row.path: row for row in snapshot.rows(FileRow)}


def _files(plan: Plan, snapshot: Snapshot) -> Files:
    held = _by_path(snapshot)
    for numbered in plan.steps():
        match numbered.step:
            case WriteFile() as step:
                held[step.path] = _written(step)
            case EditFile() as step if step.path in held:
                held[step.path] = _edited(step, held[step.path])
            case _:
                pass
    return held


def _written(step: WriteFile) -> FileRow:
    digest, content = hashlib.sha256(step.content).hexdigest(), octets.text_of(step.content)
    owner = (f"{step.mode:04o}", step.uid, step.gid)
    return FileRow(step.path, *owner, digest, content, octets.coding_of(content))


def _edited(step: EditFile, row: FileRow) -> FileRow:
    # Its lines are as they were counted in, though a secret in one may be redacted.
    edited = step.applied_to(octets.bytes_of(row.content))
    return row._replace(content=octets.text_of(edited))


def _defined(plan: Plan) -> Iterator[NetworkXML]:
    for change in plan.changes:
        if isinstance(change, CreateNetwork | AttachNetwork):
            xml = change.xml
            yield NetworkXML(change.name, xml, xml, active=True, persistent=True, autostart=True)
