"""What stands on a host: a change that is armed or half made, read back from its directory.

Everything needed to go on is on the host itself, so that any operator's
machine can do it. Whatever is missing or damaged there is told, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from runbook.apply.checkpoint import countdown, guests_before, layout, manifest, subject
from runbook.apply.checkpoint.countdown import Countdown
from runbook.apply.checkpoint.guests_before import GuestsBefore
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.manifest import Manifest
from runbook.apply.checkpoint.subject import SubjectOnHost
from runbook.apply.steps.journal import Journal, State
from runbook.common import serial
from runbook.common.errors import ChangeInProgress, ReadFailed
from runbook.plan import plan as plans
from runbook.plan.plan import Plan
from runbook.plan.promise.subject import SubjectKind
from runbook.state import snapshot as snapshots
from runbook.state.host.probes import Probe, Probed
from runbook.state.snapshot import Snapshot
from runbook.transport.host import HostFile, Reader
from runbook.transport.router import RouterSays

T = TypeVar("T")
HELD = 9


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A change's directory on the host; `damage` says which file is missing or cannot be read."""

    place: Layout
    manifest: Manifest | None = None
    plan: Plan | None = None
    before: Snapshot | None = None
    probed: Probed | None = None
    log: Journal = field(default_factory=lambda: Journal(""))
    undo_script: str = ""
    damage: tuple[str, ...] = ()
    guests_before: GuestsBefore = field(default_factory=GuestsBefore)
    subject: SubjectOnHost = field(default_factory=SubjectOnHost)

    @property
    def of_guests(self) -> bool:
        """Whether the change is about guests, or its subject is unknown."""
        return self.subject.kind is not SubjectKind.HOST

    @property
    def operator(self) -> str:
        """Who armed it."""
        return self.manifest.operator if self.manifest else "somebody not known"

    @property
    def open_step(self) -> int:
        """The step that had begun and is not known to have ended; 0 if there is none."""
        return max(self.log.begun() - self.log.done(), default=0)

    @property
    def all_made(self) -> bool:
        """Whether every step of the plan is known to be made."""
        steps = {n.number for n in self.plan.steps()} if self.plan else set()
        return bool(steps) and self.log.done() == steps

    @property
    def progress(self) -> str:
        """How far the change came, in a sentence."""
        steps = self.manifest.steps if self.manifest else ()
        if not self.log.begun():
            return "no step was made"
        made = f"{len(self.log.done())} of {len(steps) or 'an unknown number of'} steps were made"
        if not self.open_step:
            return made
        whats = steps[self.open_step - 1 : self.open_step]
        what = "".join(f": {' ; '.join(words.splitlines())}" for words in whats)
        return f"{made}; step {self.open_step} began, and is not known to have ended{what}"


@dataclass(frozen=True, slots=True)
class ArmedChange:
    """A change that holds the host's lock."""

    host: str
    seen_at: datetime
    checkpoint: Checkpoint
    countdown: Countdown
    undoing: bool

    @property
    def stale(self) -> tuple[str, ...]:
        """Why the host will not undo this change by itself; () if it will."""
        if self.undoing:
            return ()
        return tuple(self._reasons())

    def _reasons(self) -> Iterator[str]:
        log, last = self.checkpoint.log, self.checkpoint.log.last
        if not self.checkpoint.undo_script:
            yield "there is no undo script to run"
        if last and last.state is State.INCOMPLETE:
            yield f"its undo ended and could not put everything back ({'; '.join(log.remarks())})"
        elif last and last.state is State.UNDONE:
            yield "its undo ended well, and only its lock was left behind"
        elif not self.countdown.running:
            began = last and last.state is State.UNDOING
            yield "its undo began and did not end" if began else "its timer does not run"

    @property
    def deadline(self) -> datetime | None:
        """When the host undoes it, by this machine's clock."""
        left = self.countdown.left_s
        return None if left is None else self.seen_at + timedelta(seconds=left)

    @property
    def outlook(self) -> str:
        """What will happen to the change if nobody acts."""
        if self.undoing:
            return "it is being undone at this moment"
        if self.stale:
            return f"stale: {'; '.join(self.stale)}"
        if self.deadline is None:
            return "its timer runs, and does not say until when"
        left = max(self.countdown.left_s or 0.0, 0.0)
        return (
            f"undone by itself in {left:.0f} s, at {self.deadline:%H:%M:%S} UTC, unless confirmed"
        )

    def describe(self) -> tuple[str, ...]:
        """Sentences for an operator: who armed the change, how far it is, what will happen."""
        checkpoint = self.checkpoint
        armed = (
            f", armed at {checkpoint.manifest.armed_at:{manifest.STAMP}}"
            if checkpoint.manifest
            else ""
        )
        return (
            f"change {checkpoint.place.change_id} by {checkpoint.operator}{armed}",
            checkpoint.progress,
            self.outlook,
            *checkpoint.damage,
        )


class InProgress(ChangeInProgress):
    """The change that is in the way."""

    def __init__(self, armed_change: ArmedChange, then: str = "") -> None:
        """Describe the change that is in the way."""
        name = armed_change.host
        verbs = f"`runbook status {name}` tells more, `runbook undo {name}` and"
        super().__init__(
            "a change is in progress: " + "\n  - ".join(["", *armed_change.describe()]),
            host=armed_change.host,
            state="in the middle of that change; this run wrote nothing",
            then=then
            or f"{verbs} `runbook confirm {armed_change.host}`, or notebooks/undo.ipynb, end it",
        )
        self.found = armed_change


def refuse_if_armed(host: Reader, now: datetime) -> None:
    """Raise InProgress if somebody has the host's lock."""
    if there := find(host, now):
        raise InProgress(there)


def holder(host: Reader) -> str:
    """The number of the change that holds the host's lock; '' where none does."""
    if not host.glob(layout.ARMED):
        return ""
    target = host.query(("readlink", "--", layout.ARMED)).stdout.decode(errors="replace").strip()
    if not target and host.glob(layout.ARMED):
        raise ReadFailed(
            f"{layout.ARMED} is no link, so it does not say which change is in progress",
            host=host.name,
            state="not known; this program wrote nothing",
            then=f"look at {layout.ROOT} on the host; runbook always creates it as a link",
        )
    return target.rpartition("/")[2]


def find(host: Reader, now: datetime) -> ArmedChange | None:
    """The change that holds the host's lock; None where there is none."""
    change_id = holder(host)
    if not change_id:
        return None
    place = Layout(change_id)
    checkpoint = read_checkpoint(host, place)
    ticking = countdown.read(host, place)
    return ArmedChange(
        host.name, now, checkpoint, ticking, ticking.at_work or _undo_at_work(host, place)
    )


def read_checkpoint(host: Reader, place: Layout) -> Checkpoint:
    """All that a change's directory says."""
    paths = (
        place.manifest, place.plan, place.before, place.probes, place.journal, place.undo,
        place.guests,
    )  # fmt: skip
    reading = _Reading(paths, host.read_files(paths))
    its_manifest = reading.get(place.manifest, manifest.loads)
    plan = reading.get(place.plan, lambda raw: plans.loads(raw.decode()))
    if its_manifest and plan and plan.digest != its_manifest.plan:
        reading.damage.append(f"{place.plan} is not the plan that was armed")
        plan = None
    script = reading.get(place.undo, lambda raw: raw.decode(errors="replace")) or ""
    log = reading.get(place.journal, lambda raw: Journal(raw.decode(errors="replace")))
    about = subject.read(plan, its_manifest, script, guests=reading.has(place.guests))
    guests = _guests_before(reading, place, about)
    return Checkpoint(
        place,
        its_manifest,
        plan,
        reading.get(place.before, lambda raw: snapshots.loads(raw.decode(), place.before)),
        reading.get(place.probes, _probed),
        log or Journal(""),
        script,
        tuple(reading.damage),
        guests,
        about,
    )


@dataclass(slots=True)
class _Reading:
    """Files by path, and what is wrong with them."""

    paths: tuple[str, ...]
    files: tuple[HostFile | None, ...]
    damage: list[str] = field(default_factory=list)

    def has(self, path: str) -> bool:
        """Whether the file is there."""
        return self.files[self.paths.index(path)] is not None

    def get(self, path: str, loads: Callable[[bytes], T]) -> T | None:
        """The file's content read by `loads`; None, and a word of damage, if that fails."""
        file = self.files[self.paths.index(path)]
        if file is None:
            self.damage.append(f"{path} is missing")
            return None
        try:
            return loads(file.content)
        except (ValueError, KeyError, TypeError, ReadFailed) as error:
            self.damage.append(f"{path} is damaged: {' '.join(str(error).split())[:120]}")
            return None


def _guests_before(reading: _Reading, place: Layout, about: SubjectOnHost) -> GuestsBefore:
    """The guests' state before the change; empty for a change of the host alone."""
    if about.kind is not SubjectKind.GUESTS:
        return GuestsBefore()
    return reading.get(place.guests, guests_before.loads) or GuestsBefore(why=reading.damage[-1])


def _probed(raw: bytes) -> Probed:
    found = serial.loads(raw.decode(), (Probed, Probe, RouterSays))
    if not isinstance(found, Probed):
        raise ValueError("it holds no probes")  # noqa: TRY004 - a damaged text, not a wrong call
    return found


def _undo_at_work(host: Reader, place: Layout) -> bool:
    """Whether an undo holds its lock; an undo started at the console is no systemd unit."""
    if not host.glob(place.undo_lock):
        return False
    argv = ("flock", "--nonblock", "--conflict-exit-code", str(HELD), place.undo_lock, "true")
    return host.query(argv).returncode == HELD
