"""The cells of audit.ipynb. They write nothing on the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

import pandas as pd

from runbook import views
from runbook.common.clock import SystemClock
from runbook.common.folders import outputs_folder
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.ending import show_ending
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.shared.next_steps import show_links
from runbook.notebook.shared.page_head import show_page_head
from runbook.notebook.shared.request import OF_A_KNOWN_HOST, named_host, show_host
from runbook.notebook.shared.runs import HostRun
from runbook.notebook.shared.state_tables import StateTables
from runbook.params import KnownHost, check_names
from runbook.records.audit.keep import keep
from runbook.records.audit.look import Audit, audit
from runbook.run.record import RESULT_MIME, Ending
from runbook.run.session import HostSession
from runbook.run.standing import open_host_session
from runbook.state.snapshot import Snapshot

NAMES = OF_A_KNOWN_HOST
COLUMNS = ["severity", "change", "table", "key", "recorded", "now", "meaning", "then"]


@dataclass(frozen=True, slots=True, repr=False)
class AuditRequest(CellValue):
    """The host to audit."""

    params: KnownHost

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host."""
        return (("host", self.params.host),)


@dataclass(frozen=True, slots=True, repr=False)
class AuditVisit(CellValue):
    """A host that answers."""

    session: HostSession

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host."""
        return (("host", self.session.params.host),)


@dataclass(frozen=True, slots=True, repr=False)
class AuditedHost(StateTables):
    """A host held against its record; its state now is in the DataFrames."""

    session: HostSession
    audit: Audit

    @property
    def snapshot(self) -> Snapshot:  # type: ignore[override] # read only, as everything of a value
        """The host now."""
        return self.audit.now

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and the result."""
        return ("host", self.audit.host), ("result", self.audit.said)

    @FrameProperty
    def differences(self) -> pd.DataFrame:
        """One row a difference: severity, change, table, key, recorded, now, meaning, then."""
        rows = [drift.as_dict() for drift in self.audit.drifts]
        return pd.DataFrame(rows, columns=COLUMNS)


def parameters(namespace: Mapping[str, object]) -> AuditRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    show_page_head()
    check_names(namespace, NAMES)
    params = named_host(with_host(namespace, free=True))
    show_host(params, NAMES)
    return AuditRequest(params)


def meet(request: AuditRequest) -> AuditVisit:
    """Connect; raises MendAccess if there is no way to the host."""
    clock = SystemClock()
    for note in request.params.notes:
        views.show(views.note(note, "warn"))
    with views.doing(f"Connecting to {request.params.host}", clock.monotonic):
        return AuditVisit(open_host_session(request.params, clock))


def look(met: AuditVisit) -> AuditedHost:
    """Read the host and show every difference from its last confirmed record.

    Raises ChangeInProgress if a change is armed there.
    """
    session = met.session
    with views.doing("Comparing the host with its record", session.clock.monotonic):
        found = audit(session, outputs_folder())
    views.show(views.audit(found))
    return AuditedHost(session, found)


def record(audited: AuditedHost) -> None:
    """Write a record if something differs that the last audit did not say."""
    session = audited.session
    with closing(session.host):
        folder = keep(audited.audit, session, outputs_folder())
    if folder:
        show_ending(HostRun(session, folder))
    else:
        found = audited.audit
        same = "the last audit recorded the same differences" if found.drifts else ""
        ending = Ending.DRIFTED if found.drifts else Ending.NOTHING_TO_DO
        told = {"outcome": str(ending), "exit": ending.exit_status, "said": found.said}
        note = views.note(f"No record was written; {same or found.said}")
        views.show_with(note, {RESULT_MIME: told})
    show_links(session.params.host, *(("change",) if audited.audit.drifts else ()), "history")
