"""Asks a host, and holds it against its last confirmed record. Writes nothing on the host."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from runbook.apply.checkpoint.history import latest
from runbook.common.errors import MendHost, ParameterError, ReadFailed, Refused
from runbook.common.folders import params_folder
from runbook.params import Params, for_host
from runbook.preflight import Finding
from runbook.records.audit import baseline as baselines
from runbook.records.audit.baseline import Baseline
from runbook.records.audit.drift import Drift, Severity, exit_status
from runbook.records.audit.judge import differences, not_met
from runbook.records.audit.needs import Promises
from runbook.run import pipeline
from runbook.run.session import HostSession, Session
from runbook.run.subject import Observation
from runbook.state.host import operator_connection
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Audit:
    """How a host stands against its record.

    `baseline` is None if no change of it was ever confirmed; `findings` then says what a change
    would find. `notes` says what could not be judged.
    """

    host: str
    at: datetime
    now: Snapshot
    baseline: Baseline | None
    drifts: tuple[Drift, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """0 if nothing differs."""
        return exit_status(self.drifts)

    @property
    def said(self) -> str:
        """The result in a sentence."""
        if self.baseline is None:
            return "no change of this host was ever confirmed, so it cannot have drifted from one"
        against = f"change {self.baseline.change_id}"
        if not self.drifts:
            return f"as recorded: no difference from {against}"
        worst = self.drifts[0].severity.words
        count = f"{len(self.drifts)} difference{'s' if len(self.drifts) > 1 else ''}"
        return f"{count} from {against}; the worst: {worst}"

    def as_dict(self) -> dict[str, object]:
        """In JSON's own types."""
        return {
            "host": self.host,
            "identity": asdict(self.now.identity),
            "at": self.at.isoformat(timespec="seconds"),
            "change_id": self.baseline.change_id if self.baseline else None,
            "exit": self.exit_status,
            "said": self.said,
            "differences": [drift.as_dict() for drift in self.drifts],
            "a change would find": [
                {"level": one.level, "about": one.about, "seen": one.seen, "then": one.then}
                for one in self.findings
            ],
            "notes": list(self.notes),
        }


def audit(session: HostSession, outputs: Path) -> Audit:
    """How the host stands now.

    Raises ChangeInProgress if a change is armed there, Refused if it is another machine than the
    one on record, CorrectParameters if a record that is needed cannot be read.
    """
    pipeline.stand_clear(session)
    now = pipeline.read(session)
    host = session.params.host
    # A recording has the answers that a plan needs, and a plan asks for no history.
    ended = None if session.params.connect == "recorded" else latest(session.host)
    found = baselines.find(outputs / host, ended)
    own = operator_connection.read(session.host)
    if found is None:
        findings, notes = _what_a_change_finds(session, now, own)
        return Audit(host, now.taken_at, now, None, findings=findings, notes=notes)
    _refuse_another_machine(found, now, host)
    return Audit(host, now.taken_at, now, found, _drifts(found, now, own), notes=found.notes)


def _drifts(baseline: Baseline, now: Snapshot, own: Connection | None) -> tuple[Drift, ...]:
    promises = replace(baseline.promises, own=own)
    if baseline.undone and baseline.state:
        return (_taken_back(baseline), *differences(Promises(), baseline.state, now))
    if baseline.state is None:
        return not_met(promises, now)
    return differences(promises, baseline.state, now)


def _taken_back(baseline: Baseline) -> Drift:
    meaning = (
        "The confirmed change was taken back on the host, so the host is compared with the state"
        " before that change"
    )
    then = "if this was meant, nothing; else make the change again with routed.ipynb"
    row = ("changed", "history", baseline.change_id, "confirmed", baseline.undone)
    return Drift(Severity.LESS, *row, meaning, then)


def _refuse_another_machine(baseline: Baseline, now: Snapshot, host: str) -> None:
    recorded = baseline.state.identity.machine_id if baseline.state else now.identity.machine_id
    if recorded != now.identity.machine_id:
        raise Refused(
            f"this is another machine: its machine id is {now.identity.machine_id}, and the record"
            f" of change {baseline.change_id} is of {recorded}",
            host=host,
            state="as it was: an audit only reads",
            then="see where `destination` leads; if the host was installed anew, move its records"
            " out of outputs/",
        )


def _what_a_change_finds(
    session: HostSession, now: Snapshot, own: Connection | None
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What preflight would say, as survey.ipynb shows it."""
    host = session.params.host
    try:
        params = for_host(params_folder(), {"host": host})
    except ParameterError as error:
        return (), (f"params/{host}.yaml does not describe a change ({error}): see survey.ipynb",)
    try:
        found = _preflight(session, params, now, own)
    except (MendHost, ReadFailed) as error:
        found = (Finding("block", "the plan", error.what, "no plan can be made", error.then),)
    return tuple(finding for finding in found if finding.level != "ok"), ()


def _preflight(
    session: HostSession, params: Params, now: Snapshot, own: Connection | None
) -> tuple[Finding, ...]:
    way = (session.host, session.operator, session.change_id, session.clock, session.connect)
    asked = Session(params, *way)
    draft = pipeline.plan(asked, now, Observation(own))
    return pipeline.findings(asked, draft, now)
