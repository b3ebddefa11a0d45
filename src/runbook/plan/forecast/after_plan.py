"""The host as a plan will leave it, as far as a boot reads it: files, networks, clients. Pure."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from runbook.common import octets
from runbook.plan.changes.leases import StopClient
from runbook.plan.changes.networks import CreateNetwork
from runbook.plan.changes.steps import EditFile, WriteFile
from runbook.plan.plan import Plan
from runbook.state import files, networks
from runbook.state.snapshot import Snapshot
from runbook.state.table import Row, records, rows, typed
from runbook.transport.host import NetworkXML


def after(plan: Plan, seen: Snapshot) -> Snapshot:
    """The snapshot with the plan's files and network in it, and without the clients it stops."""
    kept = seen.leases
    for change in plan.changes:
        if isinstance(change, StopClient):
            kept = kept[kept["ifname"] != change.ifname]
    return replace(
        seen,
        files=_files(plan, seen),
        networks=_networks(plan, seen),
        leases=kept.reset_index(drop=True),
    )


def diffs(plan: Plan, seen: Snapshot) -> tuple[str, ...]:
    """A unified diff of each file that the plan edits, three lines around each edit."""
    now = _files(plan, seen)
    paths = (n.step.path for n in plan.steps() if isinstance(n.step, EditFile))
    return tuple(_diff(path, seen.files, now) for path in dict.fromkeys(paths))


def _diff(path: str, before: pd.DataFrame, now: pd.DataFrame) -> str:
    old, new = (
        [line for row in rows(table, path=path) for line in str(row["content"]).split("\n")]
        for table in (before, now)
    )
    return "\n".join(difflib.unified_diff(old, new, path, path, lineterm=""))


def _files(plan: Plan, seen: Snapshot) -> pd.DataFrame:
    held = {str(row["path"]): row for row in records(seen.files)}
    for numbered in plan.steps():
        match numbered.step:
            case WriteFile() as step:
                held[step.path] = _written(step)
            case EditFile() as step if step.path in held:
                held[step.path] = _edited(step, held[step.path])
            case _:
                pass
    ordered = [[held[path][name] for name in files.COLUMNS] for path in sorted(held)]
    return typed(files.COLUMNS, ordered)


def _written(step: WriteFile) -> Row:
    digest = hashlib.sha256(step.content).hexdigest()
    owner = {"mode": f"{step.mode:04o}", "uid": step.uid, "gid": step.gid}
    content = octets.text_of(step.content)
    text = {"content": content, "encoding": octets.coding_of(content), "sha256": digest}
    return {"path": step.path, **owner, **text}


def _edited(step: EditFile, row: Row) -> Row:
    # Its lines are as they were counted in, though a secret in one may be redacted.
    edited = step.applied_to(octets.bytes_of(str(row["content"])))
    return {**row, "content": octets.text_of(edited)}


def _networks(plan: Plan, seen: Snapshot) -> pd.DataFrame:
    made = networks.parse(_defined(plan))
    return pd.concat([seen.networks, made], ignore_index=True) if len(made) else seen.networks


def _defined(plan: Plan) -> Iterator[NetworkXML]:
    for change in plan.changes:
        if isinstance(change, CreateNetwork):
            xml = change.xml
            yield NetworkXML(change.name, xml, xml, active=True, persistent=True, autostart=True)
