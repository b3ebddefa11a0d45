"""Cleared -> Armed: the way back is on the host, and its timer runs.

Nothing that the change is about has been written when this returns; all that
is new on the host stands below /var/lib/runbook and in three systemd units.
The lock is taken last, so that there is never a lock without a complete
directory and a running timer; until then the timer finds nothing to undo.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runbook.apply.checkpoint import armed_change, guests_before, layout, manifest, subject, timer
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.manifest import STAMP, Manifest
from runbook.apply.checkpoint.script import file_number, made_dirs, restored_paths, undo_script
from runbook.apply.steps import journal
from runbook.apply.steps.commands import run
from runbook.apply.steps.journal import State
from runbook.common import octets, serial
from runbook.common.errors import ChangeInProgress, MendAccess, StepFailed
from runbook.plan.changes.steps import Command
from runbook.plan.plan import Plan
from runbook.preflight import Cleared
from runbook.state import snapshot as snapshots
from runbook.state.guest.inside import Inside
from runbook.state.host.probes import Probed
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
    """A plan whose undo is on the host and runs at `deadline` unless the change is confirmed."""

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

    def until(self, current: Manifest) -> Armed:
        """The same, with the deadline that the host keeps."""
        return replace(self, deadline=current.deadline, timer_number=current.timer)


def arm(
    cleared: Cleared,
    probed: Probed,
    host: Host,
    order: Order,
    guests: Mapping[str, Inside] | None = None,
) -> Armed:
    """Put the undo in place, start its timer, take the host's lock, in that order.

    `guests`: if the change is about guests, the state of each inside, by name. Raises
    InProgress if somebody else has the lock; nothing of this change is left then.
    """
    place = Layout(order.change_id)
    title = f"Armed by {order.operator} at {order.now:%Y-%m-%d %H:%M:%S} UTC."
    machine_id = cleared.before.identity.machine_id
    script = undo_script(
        cleared.plan, change_id=order.change_id, title=title, machine_id=machine_id
    )
    deadline = order.now + timedelta(seconds=cleared.plan.deadline_s)
    armed = Armed(cleared.plan, cleared, order, place, deadline, 1, script)
    armed_change.refuse_if_armed(host, order.now)
    try:
        _put_in_place(armed, probed, host)
        if guests is not None:
            _write(host, place.guests, guests_before.dumps(guests), SECRET)
        _keep_originals(armed, host)
        run(timer.start_timer(place, 1, cleared.plan.deadline_s), host)
        watch_boot(host)
    except StepFailed as error:
        raise _not_armed(place, host, error) from error
    _take_lock(place, host, order.now)
    until = f"undone at {deadline:{STAMP}} unless confirmed"
    journal.write(host, place.journal, order.now, f"{State.ARMED} {order.operator}, {until}")
    # The undo of an earlier change, ending meanwhile, may have taken the units with it.
    watch_boot(host)
    return armed


def stand_down(armed: Armed, host: Host, now: datetime, why: str) -> None:
    """Give the lock back, nothing having been made; the directory stays as its history."""
    host.remove_file(armed.layout.open)
    journal.write(host, armed.layout.journal, now, f"{State.STOOD_DOWN}: {why}")
    forget_boot(host)
    host.remove_file(layout.ARMED)
    # Not before: a lock without a timer would be nobody's.
    host.execute(timer.stop_timers(armed.layout).argv)
    host.remove_file(armed.layout.ballast)


def watch_boot(host: Host) -> None:
    """Have an unconfirmed change undone at the next boot; what stands already is left."""
    for unit, text in layout.UNIT_TEXTS.items():
        path, wants = layout.unit_path(unit), layout.wants_path(unit)
        if not host.glob(path):
            _write(host, path, text.encode(), PUBLIC)
        host.make_dir(wants.rpartition("/")[0], 0o755)
        host.symlink(path, wants)


def forget_boot(host: Host) -> None:
    """Nothing is to be undone at the next boot any more."""
    for unit in layout.UNIT_TEXTS:
        host.remove_file(layout.wants_path(unit))
        host.remove_file(layout.unit_path(unit))


def _not_armed(place: Layout, host: Host, error: StepFailed) -> StepFailed:
    """The error for an undo that cannot be put in place; its timer has nothing to undo."""
    with suppress(StepFailed, MendAccess):
        run(timer.stop_timers(place), host)
        run(Command(("rm", "-rf", "--", place.directory)), host)
    return StepFailed(
        error.what,
        host=host.name,
        state="not changed: no step was made, and no undo is armed",
        then="fix what is named here, then start again",
    )


def _take_lock(place: Layout, host: Host, now: datetime) -> None:
    if host.symlink(place.change_id, layout.ARMED):
        return
    run(timer.stop_timers(place), host)
    run(Command(("rm", "-rf", "--", place.directory)), host)
    armed_change.refuse_if_armed(host, now)
    forget_boot(host)
    raise ChangeInProgress(
        "another change was armed at the same moment, and has ended already",
        host=host.name,
        state="as that change left it; this run wrote nothing",
        then="run again from the start",
    )


def _put_in_place(armed: Armed, probed: Probed, host: Host) -> None:
    place = armed.layout
    for directory in (place.directory, f"{place.directory}/originals", f"{place.directory}/made"):
        host.make_dir(directory, PRIVATE)
    for path, content in (
        (place.journal, b""),
        (place.lock, b""),
        (place.undo_lock, b""),
        (place.open, b""),
        (place.ballast, BALLAST),
        (place.plan, serial.dumps(armed.plan).encode()),
        (place.before, snapshots.dumps(armed.cleared.before).encode()),
        (place.probes, serial.dumps(probed).encode()),
        (place.manifest, _manifest(armed)),
    ):
        _write(host, path, content, SECRET)
    _write(host, place.undo, octets.bytes_of(armed.undo_script), PROGRAM)
    _refuse_unreadable(place, host)


def _refuse_unreadable(place: Layout, host: Host) -> None:
    """Raise StepFailed if the host's own shell cannot read the undo script."""
    done = host.execute(("sh", "-n", place.undo))
    if done.returncode != 0:
        raise StepFailed(
            "the host's shell cannot read the undo script that runbook wrote:"
            f" {octets.text_of(done.stderr).strip()}",
            host=host.name,
            state="not changed",
            then="report it: this is a defect of runbook",
        )


def _keep_originals(armed: Armed, host: Host) -> None:
    paths = restored_paths(armed.plan)
    files = host.read_files(list(paths))
    for path, file in zip(paths, files, strict=True):
        kept = f"{armed.layout.directory}/originals/{file_number(path, paths)}"
        if file is None:
            _write(host, f"{kept}.absent", b"", SECRET)
        else:
            run(Command(("cp", "--preserve=all", "--dereference", "--", path, kept)), host)
            run(Command(("sync", "--", kept)), host)
    dirs = made_dirs(armed.plan)
    for directory in dirs:
        if not host.glob(directory):
            made = f"{armed.layout.directory}/made/{file_number(directory, dirs)}"
            _write(host, made, b"", SECRET)


def _manifest(armed: Armed) -> bytes:
    order, plan = armed.order, armed.plan
    about = subject.of_plan(plan)
    return manifest.dumps(
        Manifest(
            order.change_id,
            plan.host,
            order.operator,
            order.now,
            armed.deadline,
            armed.timer_number,
            plan.digest,
            tuple(numbered.step.describe() for numbered in plan.steps()),
            f"sh {armed.undo_path}",
            about.kind,
            about.guests,
        )
    )


def _write(host: Host, path: str, content: bytes, mode: int) -> None:
    host.write_file(HostFile(path, content, mode))
