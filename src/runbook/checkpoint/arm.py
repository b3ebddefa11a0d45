"""Cleared -> Armed: the way back is on the host, and its timer runs.

Nothing that the change is about has been written when this returns; all that
is new on the host stands below /var/lib/runbook and in three systemd units.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from runbook import serial
from runbook.changes.steps import Command, Step
from runbook.checkpoint import layout, timer
from runbook.checkpoint.layout import Layout
from runbook.checkpoint.script import file_number, made_dirs, restored_paths, undo_script
from runbook.errors import ChangeInProgress, ReadFailed
from runbook.perform import run
from runbook.plan import Plan
from runbook.preflight import Cleared
from runbook.transport.host import Host, HostFile

PRIVATE, SECRET, PROGRAM, PUBLIC = 0o700, 0o600, 0o700, 0o644
BALLAST = bytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Order:
    """Who gives the order to change the host, when, under which number."""

    change_id: str
    operator: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Armed:
    """A plan whose undo stands on the host and will run at `deadline` unless confirmed."""

    plan: Plan
    cleared: Cleared
    order: Order
    layout: Layout
    deadline: datetime
    timer_number: int
    undo_script: str

    @property
    def change_id(self) -> str:
        """The number of the change, and the name of its directory on the host."""
        return self.order.change_id

    @property
    def undo_path(self) -> str:
        """The script to run by hand at the console."""
        return self.layout.undo


def arm(cleared: Cleared, host: Host, order: Order) -> Armed:
    """Put the undo in place, take the host's lock, start the timer, in that order."""
    place = Layout(order.change_id)
    script = undo_script(cleared.plan, change_id=order.change_id, title=_title(order))
    deadline = order.now + timedelta(seconds=cleared.plan.deadline_s)
    armed = Armed(cleared.plan, cleared, order, place, deadline, 1, script)
    _refuse_if_armed(host)
    _put_in_place(armed, host)
    _keep_originals(armed, host)
    _take_lock(place, host)
    run(timer.start_timer(place, 1, cleared.plan.deadline_s), host)
    return armed


def extend(armed: Armed, host: Host, seconds: int, now: datetime) -> Armed:
    """A new deadline, `seconds` from now; the old timer ends only once the new one runs."""
    # The host knows better than `armed` how often the deadline was moved already.
    current = int(told_manifest(host, armed.layout.manifest)["timer"])
    run(timer.start_timer(armed.layout, current + 1, seconds), host)
    run(timer.stop_timer(armed.layout, current), host)
    later = replace(armed, deadline=now + timedelta(seconds=seconds), timer_number=current + 1)
    _write(host, armed.layout.manifest, _manifest(later), SECRET)
    return later


def holder(host: Host) -> str:
    """Who holds the host's lock, in a sentence; empty when nobody does."""
    if not host.glob(layout.ARMED):
        return ""
    told = told_manifest(host, f"{layout.ARMED}/manifest.json")
    return (
        f"change {told['change_id']} by {told['operator']}, armed at {told['armed_at']}, "
        f"undone by itself at {told['deadline']} unless confirmed"
    )


def told_manifest(host: Host, path: str) -> dict[str, Any]:
    """What a change's manifest says; raises ReadFailed if there is none to read."""
    (file,) = host.read_files([path])
    try:
        told: dict[str, Any] = json.loads(file.content if file else b"")
    except ValueError as error:
        raise ReadFailed(
            f"the change's manifest {path} is missing or damaged",
            host=host.name,
            state="in the middle of a change whose maker is not known",
            then=f"look at {layout.ROOT} on the host; `sh {layout.ARMED}/undo` puts it back",
        ) from error
    return told


def _title(order: Order) -> str:
    return f"Armed by {order.operator} at {order.now:%Y-%m-%d %H:%M:%S} UTC."


def _refuse_if_armed(host: Host) -> None:
    if by := holder(host):
        raise ChangeInProgress(
            f"another change is in progress: {by}",
            host=host.name,
            state="in the middle of that change; this run wrote nothing",
            then=f"let it end, or undo it: `sh {layout.ARMED}/undo` on the host",
        )


def _take_lock(place: Layout, host: Host) -> None:
    if not host.symlink(place.change_id, layout.ARMED):
        _refuse_if_armed(host)


def _put_in_place(armed: Armed, host: Host) -> None:
    place = armed.layout
    for directory in (place.directory, f"{place.directory}/originals", f"{place.directory}/made"):
        host.make_dir(directory, PRIVATE)
    for path, content in (
        (place.journal, b""),
        (place.lock, b""),
        (f"{place.directory}/undo.lock", b""),
        (place.open, b""),
        (place.ballast, BALLAST),
        (f"{place.directory}/plan.json", serial.dumps(armed.plan).encode()),
        (place.manifest, _manifest(armed)),
    ):
        _write(host, path, content, SECRET)
    _write(host, place.undo, armed.undo_script.encode(), PROGRAM)
    for unit, text in layout.UNIT_TEXTS.items():
        _write(host, layout.unit_path(unit), text.encode(), PUBLIC)
        host.make_dir(layout.wants_path(unit).rsplit("/", 1)[0], 0o755)
        host.symlink(layout.unit_path(unit), layout.wants_path(unit))


def _keep_originals(armed: Armed, host: Host) -> None:
    paths = restored_paths(armed.plan)
    files = host.read_files(list(paths))
    for path, file in zip(paths, files, strict=True):
        if file is not None:
            kept = f"{armed.layout.directory}/originals/{file_number(path, paths)}"
            run(Command(("cp", "--preserve=all", "--dereference", "--", path, kept)), host)
            run(Command(("sync", "--", kept)), host)
    dirs = made_dirs(armed.plan)
    for directory in dirs:
        if not host.glob(directory):
            made = f"{armed.layout.directory}/made/{file_number(directory, dirs)}"
            _write(host, made, b"", SECRET)


def _manifest(armed: Armed) -> bytes:
    order, plan = armed.order, armed.plan
    steps: list[Step] = [numbered.step for numbered in plan.steps()]
    told = {
        "format_version": 1,
        "change_id": order.change_id,
        "host": plan.host,
        "operator": order.operator,
        "armed_at": f"{order.now:%Y-%m-%dT%H:%M:%SZ}",
        "deadline": f"{armed.deadline:%Y-%m-%dT%H:%M:%SZ}",
        "timer": armed.timer_number,
        "plan": plan.digest,
        "steps": [step.describe() for step in steps],
        "undo": f"sh {armed.undo_path}",
    }
    return (json.dumps(told, indent=1) + "\n").encode()


def _write(host: Host, path: str, content: bytes, mode: int) -> None:
    host.write_file(HostFile(path, content, mode))
