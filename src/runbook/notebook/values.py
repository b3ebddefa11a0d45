"""What one cell hands to the next. None can be had without the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runbook.apply import Applied
from runbook.confirm import Confirmed, Verified
from runbook.params import Params
from runbook.plan import Plan
from runbook.record import Ending, Folder
from runbook.run import Ready, Session, Underway
from runbook.state.snapshot import Snapshot
from runbook.widgets import Form


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


@dataclass(frozen=True, slots=True, repr=False)
class Met(_Value):
    """A host that answers, and a first look at it."""

    asked: Asked
    session: Session
    glance: Snapshot


@dataclass(frozen=True, slots=True, repr=False)
class Offered(_Value):
    """The form; None where nobody is there to fill it in."""

    met: Met
    form: Form | None


@dataclass(frozen=True, slots=True, repr=False)
class Settled(_Value):
    """Final parameters."""

    session: Session


@dataclass(frozen=True, slots=True, repr=False)
class Run(_Value):
    """One run: the session, and the folder that keeps what becomes of it."""

    session: Session
    folder: Folder

    @property
    def host(self) -> str:
        """The host's name."""
        return self.session.params.host


@dataclass(frozen=True, slots=True, repr=False)
class Before(_Value):
    """The complete state before."""

    run: Run
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, repr=False)
class Planned(_Value):
    """A plan, not yet judged."""

    before: Before
    plan: Plan


@dataclass(frozen=True, slots=True, repr=False)
class Cleared(_Value):
    """A plan that may be armed."""

    planned: Planned
    ready: Ready

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.planned.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Changing(_Value):
    """An armed change, as far as it has been made; nothing of it yet, at first."""

    before: Before
    underway: Underway
    applied: Applied | None = field(default=None)

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Seen(_Value):
    """A change whose promise was seen to be kept."""

    changing: Changing
    verified: Verified

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.changing.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Kept(_Value):
    """A change that stays."""

    before: Before
    confirmed: Confirmed

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Finished(_Value):
    """A change that stays, and the host as it is with it."""

    run: Run
    confirmed: Confirmed
    after: Snapshot


@dataclass(frozen=True, slots=True, repr=False)
class Stopped(_Value):
    """A run that goes no further, on purpose; every later cell hands it on."""

    run: Run
    ending: Ending
    why: str
