"""What one cell hands to the next. None can be had without the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runbook.apply.confirm import Confirmed, Verified
from runbook.common.clock import Clock
from runbook.notebook.shared.change_so_far import Hand
from runbook.notebook.shared.stages import Course
from runbook.params import Params
from runbook.plan.plan import Plan
from runbook.run.record import Ending, Folder
from runbook.run.session import HostSession, Ready, Session, Underway
from runbook.run.subject import Draft, Observation
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True, repr=False)
class _Value:
    """A value that does not fill the page when a cell ends with it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()}>"


@dataclass(frozen=True, slots=True, repr=False)
class Asked(_Value):
    """Resolved parameters, and the ones that were injected."""

    params: Params
    injected: Mapping[str, Any]
    course: Course = field(default_factory=Course)


@dataclass(frozen=True, slots=True, repr=False)
class Met(_Value):
    """A host that answers, and a first look at it; `picked` is a change taken up on it."""

    asked: Asked
    session: Session
    glance: Snapshot
    picked: Underway | None = None

    @property
    def course(self) -> Course:
        """How the run goes."""
        return self.asked.course


class _OfARun:
    """A value that belongs to a run, and so to its course."""

    __slots__ = ()

    @property
    def course(self: _HasRun) -> Course:
        """How the run goes."""
        return self.run.course


class _HasRun(Protocol):
    @property
    def run(self) -> HostRun:
        """The run that it is part of."""


class Chooser(Protocol):
    """A form that is being filled in."""

    def chosen(self) -> dict[str, object]:
        """The values that a person changed."""


@dataclass(frozen=True, slots=True, repr=False)
class Offered(_Value):
    """The form, and what it comes to; None where nobody is there to fill it in."""

    met: Met
    preview: Chooser | None

    @property
    def course(self) -> Course:
        """How the run goes."""
        return self.met.course


@dataclass(frozen=True, slots=True, repr=False)
class Settled(_Value):
    """Final parameters."""

    session: Session
    picked: Underway | None = None
    course: Course = field(default_factory=Course)


class Asker(Protocol):
    """Who asks a host, and under which number."""

    @property
    def operator(self) -> str:
        """user@machine."""

    @property
    def change_id(self) -> str:
        """What the run folder is called."""

    @property
    def clock(self) -> Clock:
        """The time."""


class Ran(Protocol):
    """Whatever keeps a record and comes to a last word."""

    @property
    def session(self) -> Asker:
        """Who asks."""

    @property
    def folder(self) -> Folder:
        """Its record."""

    @property
    def course(self) -> Course:
        """What can be used of it until it ends."""

    @property
    def host(self) -> str:
        """The host's name."""


@dataclass(frozen=True, slots=True, repr=False)
class HostRun(_Value):
    """One run: the session, and the folder that keeps what becomes of it."""

    session: HostSession
    folder: Folder
    course: Course = field(default_factory=Course)

    @property
    def host(self) -> str:
        """The host's name."""
        return self.session.params.host


@dataclass(frozen=True, slots=True, repr=False)
class Run(HostRun):
    """A run that makes a change."""

    session: Session


@dataclass(frozen=True, slots=True, repr=False)
class Before(_OfARun, _Value):
    """The complete state before."""

    run: Run
    snapshot: Snapshot
    picked: Underway | None = None
    observation: Observation | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Planned(_OfARun, _Value):
    """A plan, not yet judged."""

    before: Before
    draft: Draft

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.draft.plan

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Cleared(_OfARun, _Value):
    """A plan that may be armed."""

    planned: Planned
    ready: Ready

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.planned.run


@dataclass(frozen=True, slots=True, repr=False)
class Changing(_OfARun, _Value):
    """An armed change, as far as it has been made; nothing of it yet, at first."""

    before: Before
    hand: Hand

    @property
    def underway(self) -> Underway:
        """The armed change, and what has to answer again after it."""
        return self.hand.underway

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Seen(_OfARun, _Value):
    """A change whose promise was seen to be kept."""

    changing: Changing
    verified: Verified

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.changing.run


@dataclass(frozen=True, slots=True, repr=False)
class Kept(_OfARun, _Value):
    """A change that stays."""

    before: Before
    confirmed: Confirmed

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Finished(_OfARun, _Value):
    """A change that stays, and the host as it is with it."""

    run: Run
    confirmed: Confirmed
    after: Snapshot


@dataclass(frozen=True, slots=True, repr=False)
class Stopped(_OfARun, _Value):
    """A run that goes no further, on purpose; every later cell hands it on."""

    run: HostRun
    ending: Ending
    why: str
