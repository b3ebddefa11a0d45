"""A confirmed change as its host has kept it, compared with its record.

A record is data: whoever wrote it may have forged it. Its plan is used only if the host has the
same plan, the same state before, and the originals of the files that the state before had.
"""

from __future__ import annotations

import hashlib

from runbook.apply.checkpoint.armed_change import Checkpoint
from runbook.apply.checkpoint.history import EndedChange, ended_changes
from runbook.apply.checkpoint.layout import ROOT
from runbook.apply.checkpoint.script import file_number, restored_paths
from runbook.common.errors import Refused
from runbook.common.printable import printable
from runbook.plan.promise.reverted import RevertPromise
from runbook.plan.promise.subject import SubjectKind
from runbook.plan.revert.procedure import host_promise
from runbook.plan.revert.recorded import RecordedChange
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot
from runbook.transport.host import Reader

# After these the host is as it was before that change.
_NOTHING_LEFT = ("undone", "stood down")


def refuse_another_history(change: RecordedChange, now: Snapshot, host: Reader) -> None:
    """Raise Refused unless the host has this change as recorded, and none was confirmed since."""
    _refuse_another_machine(change, now)
    host_promise(change)
    kept = _kept(change, host)
    _refuse_damage(change, kept)
    _refuse_other_originals(change, kept, host)


def _refuse_another_machine(change: RecordedChange, now: Snapshot) -> None:
    recorded, answers = change.before.identity.machine_id, now.identity.machine_id
    if recorded != answers:
        raise _refused(
            change,
            f"the record of change {change.change_id} is of machine {recorded}, and {answers}"
            " answers",
            "see where `destination` leads; a host that was installed anew has nothing to revert",
        )


def _kept(change: RecordedChange, host: Reader) -> Checkpoint:
    taken_back: set[str] = set()
    for past in ended_changes(host):
        found = past.checkpoint.place.change_id
        if found == change.change_id:
            return _confirmed(change, past)
        if found < change.change_id:
            break
        other = _takes_back(past)
        if other and other != change.change_id:
            taken_back.add(other)
        elif not (found in taken_back or _leaves_the_host_alone(past)):
            raise _changed_since(change, past)
    raise _refused(
        change,
        f"the host knows nothing of change {change.change_id}: {ROOT}/{change.change_id} is gone",
        "without the originals there nothing can be taken back by a program; the record's"
        " before.json says how the host was",
    )


def _takes_back(past: EndedChange) -> str:
    """The change that a confirmed revert took back; '' for any other change."""
    plan = past.checkpoint.plan
    revert = past.end == "confirmed" and plan is not None
    promise = plan.promise if plan and revert else None
    return promise.change_id if isinstance(promise, RevertPromise) else ""


def _leaves_the_host_alone(past: EndedChange) -> bool:
    """Whether nothing of it is on the host itself; its guests are looked at by preflight."""
    return past.end in _NOTHING_LEFT or past.checkpoint.subject.kind is SubjectKind.GUESTS


def _confirmed(change: RecordedChange, past: EndedChange) -> Checkpoint:
    if past.end != "confirmed":
        raise _refused(
            change,
            f"change {change.change_id} is not in force: {past.outcome}",
            f"nothing; `runbook audit {change.plan.host}` compares the host with its record",
        )
    return past.checkpoint


def _changed_since(change: RecordedChange, past: EndedChange) -> Refused:
    other, by = past.checkpoint.place.change_id, printable(past.checkpoint.operator)
    if _takes_back(past):
        why = f"change {change.change_id} was taken back already, by change {other}"
        return _refused(change, why, "nothing: it is not in force any more")
    return _refused(
        change,
        f"change {other} by {by} was made after it ({past.outcome})",
        f"take the newest change back first: runbook revert {change.plan.host} {other}",
    )


def _refuse_damage(change: RecordedChange, kept: Checkpoint) -> None:
    """The host's plan and its state before have to be those on record."""
    if kept.plan is None or kept.before is None or kept.manifest is None:
        raise _refused(
            change,
            "what the host has kept of the change cannot be read: " + "; ".join(kept.damage),
            f"restore {kept.place.directory} from a copy of the host, or undo it at the console"
            f" (sh {kept.place.undo})",
        )
    if kept.manifest.plan != change.plan.digest:
        raise _refused(
            change,
            f"the plan on record ({change.plan.digest[:12]}) is not the plan that was made on the"
            f" host ({kept.manifest.plan[:12]})",
            "`runbook records verify` says whether the record was altered; use the record of the"
            " machine that made the change",
        )
    digests = {s.digest() for s in (kept.before, change.before)} | {change.plan.snapshot_digest}
    if len(digests) > 1:
        raise _refused(
            change,
            "the state before the change is not the same in the record, on the host and in the"
            " plan",
            "`runbook records verify` says whether the record was altered",
        )


def _refuse_other_originals(change: RecordedChange, kept: Checkpoint, host: Reader) -> None:
    paths = restored_paths(change.plan)
    folder = f"{kept.place.directory}/originals"
    names = [f"{folder}/{file_number(path, paths)}" for path in paths]
    files = host.read_files(names)
    absent = host.read_files([f"{name}.absent" for name in names])
    for path, file, none in zip(paths, files, absent, strict=True):
        row = change.before.find(FileRow, path)
        digest = hashlib.sha256(file.content).hexdigest() if file else ""
        if (row and digest != row.sha256) or (file is None and none is None):
            raise _refused(
                change,
                f"the original of {path} in {folder} is "
                + ("not the one on record" if file else "gone"),
                "restore that folder from a copy of the host, or put the file back by hand",
            )


def _refused(change: RecordedChange, why: str, then: str) -> Refused:
    state = "as it was; nothing was written by this run"
    return Refused(why, host=change.plan.host, state=state, then=then)
