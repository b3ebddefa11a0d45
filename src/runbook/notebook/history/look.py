"""The cells that read the records of a host. They write nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from runbook import views
from runbook.common import handed_files
from runbook.common.clock import SystemClock
from runbook.common.errors import CorrectParameters, ParameterError
from runbook.common.folders import outputs_folder
from runbook.common.moments import utc
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.shared.page_head import show_page_head
from runbook.notebook.shared.record_links import links_of
from runbook.notebook.shared.request import OF_A_KNOWN_HOST, named_host
from runbook.params import KnownHost, check_names
from runbook.records.timeline import (
    GuestEvent,
    StateOnRecord,
    TimelineRecord,
    guest_events,
    states,
    timeline,
)
from runbook.run import pipeline
from runbook.run.standing import open_host_session
from runbook.state.snapshot import Snapshot
from runbook.views import Look
from runbook.views.links import Links, linked
from runbook.views.timeline import sign

NAMES = (*OF_A_KNOWN_HOST, "first", "second", "now")
RECORDS = ["no.", "start (UTC)", "what", "result", "who", "ticket", "drift", "states"]
MAY_LACK = ("ticket", "drift")
EVENTS = ["when (UTC)", "guest", "what"]
# A state is read in some hundredths of a second.
MOST_STATES = 100
NOW = "now"


@dataclass(frozen=True, slots=True, repr=False)
class HistoryRequest(CellValue):
    """A host, the two states to compare ('' leaves them open), whether to read the host now."""

    params: KnownHost
    first: str
    second: str
    now: bool

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host."""
        return ("host", self.params.host), ("the host is read now", "yes" if self.now else "no")


@dataclass(frozen=True, slots=True, repr=False)
class HostHistory(CellValue):
    """The records of a host, the oldest first, and its state now, if it was read."""

    request: HistoryRequest
    found: tuple[TimelineRecord, ...]
    now: Snapshot | None

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and how much is on record."""
        host = self.request.params.host
        return ("host", host), ("states on record", len(self.states_on_record))

    @property
    def states_on_record(self) -> tuple[StateOnRecord, ...]:
        """Every state in the records, the oldest first."""
        return states(self.found)

    @FrameProperty
    def records(self) -> pd.DataFrame:
        """One row a record, the newest first: its number, begin, result, drift, states."""
        rows = [_cells(number, one) for number, one in enumerate(self.found, start=1)]
        return pd.DataFrame(rows[::-1], columns=RECORDS)

    @FrameProperty
    def states(self) -> pd.DataFrame:
        """One row a state on record, the oldest first: state (as `first` and `second` name it)."""
        return pd.DataFrame({"state": [state.label for state in self.states_on_record]})


@dataclass(frozen=True, slots=True, repr=False)
class GuestHistory(CellValue):
    """What became of the guests."""

    history: HostHistory
    seen: tuple[GuestEvent, ...]

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host."""
        return (("host", self.history.request.params.host),)

    @FrameProperty
    def events(self) -> pd.DataFrame:
        """One row for each time that a guest was not as in the state before: when, guest, what."""
        rows = [(utc(one.seen_at).removesuffix(" UTC"), one.guest, one.what) for one in self.seen]
        return pd.DataFrame(rows, columns=EVENTS)


def parameters(namespace: Mapping[str, object]) -> HistoryRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    show_page_head()
    check_names(namespace, NAMES)
    namespace = with_host(namespace, free=True)
    request = HistoryRequest(
        named_host(namespace),
        _text(namespace, "first"),
        _text(namespace, "second"),
        _switch(namespace),
    )
    views.show(views.card(tuple(request.facts()), "The history of"))
    return request


def look(request: HistoryRequest) -> HostHistory:
    """Read all records of the host, and draw them; with `now` read the host, too.

    Raises CorrectParameters if there is nothing to show.
    """
    host = request.params.host
    found = timeline(outputs_folder(), host)
    if not (found or request.now):
        raise CorrectParameters(
            f"outputs/ has no record of {host}",
            state="no host was contacted",
            then=f"`runbook records list` shows the hosts that have one; outputs/ is"
            f" {outputs_folder()}",
        )
    history = HostHistory(request, found, _read_now(request) if request.now else None)
    views.show(views.timeline(found, host))
    links = [tuple(links_of(one.folder, Path.cwd())) for one in found[::-1]]
    told = history.records
    empty = [name for name in MAY_LACK if not told[name].any()]
    look = Links("Records", at=1, searched=True)
    views.show(linked(told.drop(columns=empty), links, look))
    return history


def guests(history: HostHistory) -> GuestHistory:
    """Show what became of the guests from state to state, and how they are in the newest."""
    seen, notes = _loaded(history)
    events = tuple(guest_events(seen))
    made = GuestHistory(history, events)
    for line in notes:
        views.show(views.note(line, "warn"))
    look = Look("What became of the guests", empty="every state has the same guests", unit="event")
    views.show(views.table(made.events.iloc[::-1], look))
    if seen:
        caption = f"Guests at {utc(seen[-1].taken_at)}"
        rows = seen[-1].table("guests")[["name", "state", "autostart"]]
        views.show(views.table(rows, Look(caption, empty="none", unit="guest")))
    return made


def address_of(history: HostHistory) -> str:
    """The host's address, by the newest record that names it; '' if none does."""
    for record in history.found[::-1]:
        with suppress(OSError, ValueError):
            document = handed_files.json_object(handed_files.text(record.folder / "params.json"))
            if address := document.get("address"):
                return str(address)
    return ""


def _loaded(history: HostHistory) -> tuple[list[Snapshot], list[str]]:
    """The newest states, the oldest first; a sentence for each that cannot be read."""
    seen, notes = [], []
    every = history.states_on_record
    if len(every) > MOST_STATES:
        notes.append(f"Of {len(every)} states the newest {MOST_STATES} are compared here.")
    for state in every[-MOST_STATES:]:
        try:
            seen.append(state.load())
        except CorrectParameters as error:
            notes.append(f"{error.what}; {error.then}")
    return [*seen, *([history.now] if history.now else [])], notes


def _read_now(request: HistoryRequest) -> Snapshot:
    clock = SystemClock()
    with views.doing(f"Reading {request.params.host} as it is now", clock.monotonic):
        session = open_host_session(request.params, clock)
        with closing(session.host):
            return pipeline.read(session)


def _cells(number: int, one: TimelineRecord) -> tuple[object, ...]:
    entry = one.entry
    begun = entry.begun[:19].replace("T", " ") or one.folder.name
    what = entry.kind if entry.subject in ("", entry.host) else f"{entry.kind} of {entry.subject}"
    names = ", ".join(state.name for state in one.states)
    told = (begun, what, f"{sign(one)} {entry.words}", entry.person, entry.ticket, one.drift, names)
    return (number, *told)


def _text(namespace: Mapping[str, object], name: str) -> str:
    value = namespace.get(name)
    if value is not None and not isinstance(value, str):
        then = "write it as text, as the table of records has it: CHANGE or CHANGE/after"
        raise ParameterError(name, value, "it is no text", then)
    return value or ""


def _switch(namespace: Mapping[str, object]) -> bool:
    value = namespace.get("now")
    if value not in (None, True, False):
        raise ParameterError("now", value, "it is neither true nor false", "write true or false")
    return bool(value)
