"""What one cell hands to the next. Each value needs the value of the cell before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runbook.apply.confirm import Confirmed, Verified
from runbook.apply.steps.journal import Journal
from runbook.common.later import pd
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.change_so_far import SharedChange
from runbook.notebook.shared.runs import OfARun, Run
from runbook.notebook.shared.stages import HasCourse, RunProgress
from runbook.notebook.shared.state_tables import StateTables
from runbook.params import NOTHING_SAID, ChangeRequest, Params, as_table
from runbook.preflight import Finding
from runbook.run.session import Ready, Session, Underway
from runbook.run.subject import Observation, UnjudgedPlan
from runbook.state.diff import diff
from runbook.state.snapshot import Snapshot
from runbook.views import frames


@dataclass(frozen=True, slots=True, repr=False)
class RunRequest(CellValue):
    """Resolved parameters, and the ones that were injected."""

    params: Params
    injected: Mapping[str, Any]
    change_request: ChangeRequest = NOTHING_SAID
    course: RunProgress = field(default_factory=RunProgress)

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and what for."""
        return ("host", self.params.host), ("mode", self.params.mode)

    @FrameProperty
    def parameters(self) -> pd.DataFrame:
        """One row a parameter: field, value, source (where the value came from)."""
        return as_table(self.params)


@dataclass(frozen=True, slots=True, repr=False)
class ConnectedHost(CellValue):
    """A host that answers, and a first look at it; `picked` is a change taken up on it."""

    asked: RunRequest
    session: Session
    glance: Snapshot
    picked: Underway | None = None

    @property
    def course(self) -> RunProgress:
        """How the run goes."""
        return self.asked.course

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which machine answers."""
        identity = self.glance.identity
        return (
            ("host", self.session.params.host),
            ("hostname", identity.hostname),
            ("machine id", identity.machine_id),
        )


@dataclass(frozen=True, slots=True, repr=False)
class ChangeVisit(CellValue):
    """A host that answers, for a change that was wanted without a form."""

    request: HasCourse
    session: Session

    @property
    def course(self) -> RunProgress:
        """How the run goes."""
        return self.request.course

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and which change."""
        session = self.session
        return ("host", session.params.host), ("change", session.change_id)


@dataclass(frozen=True, slots=True, repr=False)
class FinalParameters(CellValue):
    """Final parameters."""

    session: Session
    picked: Underway | None = None
    course: RunProgress = field(default_factory=RunProgress)

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and what for."""
        return ("host", self.session.params.host), ("mode", self.session.params.mode)

    @FrameProperty
    def parameters(self) -> pd.DataFrame:
        """One row a parameter: field, value, source (where the value came from)."""
        return as_table(self.session.params)


@dataclass(frozen=True, slots=True, repr=False)
class Before(OfARun, StateTables):
    """The complete state before."""

    run: Run
    snapshot: Snapshot
    picked: Underway | None = None
    observation: Observation | None = None


@dataclass(frozen=True, slots=True, repr=False)
class _AfterBefore(OfARun):
    before: Before

    @property
    def run(self) -> Run:
        """The run that it is part of."""
        return self.before.run


@dataclass(frozen=True, slots=True, repr=False)
class Planned(_AfterBefore):
    """A plan, not yet judged."""

    draft: UnjudgedPlan

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which plan, of how many steps."""
        plan = self.draft.plan
        return (
            *self.run.facts(),
            ("plan", plan.digest[:12]),
            ("steps", len(plan.steps())),
            ("undone after", f"{plan.deadline_s} s unless confirmed"),
        )

    @FrameProperty
    def steps(self) -> pd.DataFrame:
        """One row a step: step (number), phase, what, from, to, undo."""
        return frames.steps(self.draft.plan)


@dataclass(frozen=True, slots=True, repr=False)
class ClearedPlan(_AfterBefore):
    """A plan that may be armed."""

    ready: Ready

    @FrameProperty
    def findings(self) -> pd.DataFrame:
        """One row a finding: level, about, seen, why, then (what to do), name, given (consent)."""
        columns = list(Finding.__dataclass_fields__)
        rows = [[getattr(one, name) for name in columns] for one in self.ready.cleared.findings]
        return pd.DataFrame(rows, columns=columns)

    @FrameProperty
    def probes(self) -> pd.DataFrame:
        """One row a probe before the change: target, answered."""
        rows = [(probe.target, probe.answered) for probe in self.ready.probed.probes]
        return pd.DataFrame(rows, columns=["target", "answered"])


@dataclass(frozen=True, slots=True, repr=False)
class ChangeUnderway(_AfterBefore):
    """An armed change, as far as it has been made; nothing of it yet, at first."""

    hand: SharedChange

    @property
    def underway(self) -> Underway:
        """The armed change, and what has to answer again after it."""
        return self.hand.underway

    def facts(self) -> Iterable[tuple[str, object]]:
        """How far it came, and when it is undone."""
        made, armed = int((self.journal["ended"] != "").sum()), self.underway.armed
        return (
            *self.run.facts(),
            ("made", f"{made} of {len(armed.plan.steps())} steps"),
            ("undone at", f"{armed.deadline:%Y-%m-%d %H:%M:%S} UTC unless confirmed"),
        )

    @FrameProperty
    def steps(self) -> pd.DataFrame:
        """One row a step: step (number), phase, what, from, to, undo."""
        return frames.steps(self.underway.armed.plan)

    @FrameProperty
    def journal(self) -> pd.DataFrame:
        """One row a step that was begun: step (number), what, began, ended (UTC)."""
        return frames.journal(self.hand.applied.log if self.hand.applied else Journal(""))


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedChange(ChangeUnderway):
    """A change whose promise was seen to be kept."""

    verified: Verified

    @FrameProperty
    def checks(self) -> pd.DataFrame:
        """One row a check: about, promised, seen, kept, required."""
        return frames.checks(self.verified.verdict.checks)

    @FrameProperty
    def boot(self) -> pd.DataFrame:
        """One row a step of the next boot, in order."""
        return frames.boot(self.verified.verdict.boot)


@dataclass(frozen=True, slots=True, repr=False)
class ConfirmedChange(_AfterBefore):
    """A change that stays."""

    confirmed: Confirmed

    def facts(self) -> Iterable[tuple[str, object]]:
        """Since when it stays."""
        at = f"{self.confirmed.at:%Y-%m-%d %H:%M:%S} UTC"
        return (*self.run.facts(), ("confirmed at", at))

    @FrameProperty
    def checks(self) -> pd.DataFrame:
        """One row a check: about, promised, seen, kept, required."""
        return frames.checks(self.confirmed.verified.verdict.checks)


@dataclass(frozen=True, slots=True, repr=False)
class Finished(_AfterBefore, StateTables):
    """A change that stays, and the host as it is with it."""

    confirmed: Confirmed
    snapshot: Snapshot

    @FrameProperty
    def diff(self) -> pd.DataFrame:
        """One row a difference: change, table, key, column, before, after.

        `change` is added, removed or changed; `column` is '' unless a cell was changed.
        """
        return diff(self.before.snapshot, self.snapshot).rows
