"""Takes a confirmed change back: RecordedChange x Snapshot -> Plan.

The plan runs the undo of that change in three parts, each with a way back: the files first, so
that a full disk is found while nothing else has changed; then the network; then the rest.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator

from runbook.common.errors import Refused
from runbook.plan.changes.change import Change
from runbook.plan.changes.revert import RevertPart, RevertScript
from runbook.plan.changes.revert_steps import Part
from runbook.plan.changes.steps import Step
from runbook.plan.changes.undo_parts import part_of
from runbook.plan.plan import Plan
from runbook.plan.promise.attached import AttachedPromise
from runbook.plan.promise.guests import GuestPromise
from runbook.plan.promise.host import Promise
from runbook.plan.promise.reverted import RevertPromise
from runbook.plan.revert import altered_since, steps_again
from runbook.plan.revert.files import FilePlan, file_plan
from runbook.plan.revert.recorded import RecordedChange
from runbook.state.files import FileRow
from runbook.state.links import LinkRow
from runbook.state.row_texts import text_digest
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

# The text of the script, without these files.
Script = Callable[[frozenset[str]], str]


def make_plan(
    change: RecordedChange,
    now: Snapshot,
    path: str,
    script: Script,
    deadline_s: int | None = None,
) -> Plan:
    """The plan; raises Refused if the change cannot be taken back. `path` is the script's."""
    changed = host_promise(change)
    _refuse_unknown(change)
    files = file_plan(change, now)
    since = altered_since.between(change, now, changed)
    merged = {("files", one): _file_cells(now, one, text) for one, text in files.texts.items()}
    mac = _mac(change, changed)
    promise = RevertPromise(
        change.change_id,
        changed,
        mac,
        since.rows(merged),
        since.kept(),
        since.lost(),
        since.replaced(),
        files.copied,
    )
    changes: tuple[Change, ...] = (
        RevertScript(path, script(files.skipped)),
        *files.edits,
        *_parts(change, now, path, files),
    )
    unmet = tuple(check for check in promise.checks(now) if not check.kept)
    return Plan(now.host, promise, changes, now.digest(), unmet, deadline_s)


def host_promise(change: RecordedChange) -> Promise:
    """What the change had promised of the host; raises Refused for what no revert takes back."""
    promise = change.plan.promise
    if isinstance(promise, Promise):
        _refuse_adopted(change, promise.adopted)
        return promise
    if isinstance(promise, GuestPromise):
        names = ", ".join(guest.name for guest in promise.guests)
        raise _refused(
            change,
            f"change {change.change_id} is about guests ({names}), and a revert takes back changes"
            " of the host alone: what was altered inside a guest since is not on record",
            f"at the host's console: {_by_hand(change)} moves their NICs back; then give each guest"
            " its earlier address from inside, which guests.json of the record names. To take a"
            " change of the host back, name its number: `runbook records list` has it",
        )
    raise _refused(
        change,
        f"change {change.change_id} is itself a revert, of change {promise.change_id}",
        "make that change again with routed.ipynb",
    )


def _refuse_adopted(change: RecordedChange, old: str) -> None:
    """Refuse a change that adopted the bridge `old`; '' is none."""
    if old:
        raise _refused(
            change,
            f"change {change.change_id} adopted {old}, and a revert that fails could not adopt it"
            " again with its guests",
            f"at the host's console: {_by_hand(change)} moves the address, the NIC and all ports,"
            f" those of guests too, back to {old}. It has no timer, so do not do it over the"
            " network. It says first what it overwrites",
        )


def _by_hand(change: RecordedChange) -> str:
    return f"sh /var/lib/runbook/{change.change_id}/undo"


def _refuse_unknown(change: RecordedChange) -> None:
    """Refuse a change of which a part could not be made again."""
    for part in change.plan.changes:
        if type(part) not in steps_again.KNOWN:
            raise _refused(
                change,
                f"a part of change {change.change_id} could not be made again if the revert fails:"
                f" {part.title}",
                f"at the host's console: {_by_hand(change)}, which says first what it overwrites",
            )


def _refused(change: RecordedChange, why: str, then: str) -> Refused:
    state = "as it was; nothing was written by this run"
    return Refused(why, host=change.plan.host, state=state, then=then)


def _mac(change: RecordedChange, changed: Promise) -> str:
    """The MAC that routers send to after the revert."""
    nic = change.before.find(LinkRow, changed.nic)
    return nic.mac if nic and not isinstance(changed, AttachedPromise) else changed.mac


def _file_cells(now: Snapshot, path: str, text: str) -> str:
    row = now.find(FileRow, path)
    owner = f"mode={row.mode} uid={row.uid} gid={row.gid} " if row else ""
    return f"{owner}text={text_digest(text)}"


def _parts(
    change: RecordedChange, now: Snapshot, path: str, files: FilePlan
) -> Iterator[RevertPart]:
    plan = change.plan
    values = ((name, now.find(SysctlRow, name)) for name in steps_again.parameters(plan))
    sysctls = [(name, row.value) for name, row in values if row]
    steps: tuple[tuple[str, Part, str, tuple[Step, ...]], ...] = (
        ("prepare", "files", "put the files back", steps_again.files(plan, files.skipped)),
        ("cutover", "network", "move the address back", steps_again.network(plan)),
        ("settle", "rest", "remove the network, and the rest", steps_again.rest(plan, sysctls)),
    )
    for phase, part, title, made in steps:
        pairs = [
            pair
            for pair in plan.undo_steps()
            if part_of(*pair) == part and getattr(pair[1], "path", "") not in files.skipped
        ]
        before, after = _shown(pairs) if part != "files" else _diffs(change, now, files)
        lines = tuple(step.describe() for _, step in pairs)
        yield RevertPart(phase, title, before, after, path, part, lines, made)


def _shown(pairs: list[tuple[Change, Step]]) -> tuple[str, str]:
    """What the confirmed change made of the host, and what was there before."""
    changes = dict.fromkeys(change for change, _ in pairs)
    return "\n".join(c.after for c in changes), "\n".join(c.before for c in changes)


def _diffs(change: RecordedChange, now: Snapshot, files: FilePlan) -> tuple[str, str]:
    """The files as they are, named, and what the originals make of them."""
    paths = [path for path in change.plan.paths if path not in files.skipped]
    told = (_diff(path, now, change.before) for path in paths)
    return "\n".join(paths), "\n".join(filter(None, told))


def _diff(path: str, now: Snapshot, before: Snapshot) -> str:
    rows = (state.find(FileRow, path) for state in (now, before))
    old, new = (row.content.splitlines() if row else [] for row in rows)
    return "\n".join(difflib.unified_diff(old, new, path, path, lineterm="", n=1))
