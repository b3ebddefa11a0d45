"""What desk.ipynb imports: the hosts that are described, how they stand, what was done last.

::

    known = hosts(globals())
    armed(known)
    records(known)

Nothing is written anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from runbook import views
from runbook.common.clock import SystemClock
from runbook.common.errors import ParameterError
from runbook.common.folders import outputs_folder, params_folder
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.params import Described, KnownHost, check_names, listing
from runbook.run import fleet, record
from runbook.run.fleet import HostAnswer
from runbook.run.record import JOURNAL, NOTEBOOK, PAGE, RecordEntry
from runbook.run.standing import HostStatus
from runbook.views import Look, Picture
from runbook.views.links import Link, linked
from runbook.views.page.page import show_lasting

NAMES = ("patience_s", "last")
ASKED = ["host", "address", "interface", "bridge", "connect"]
PATIENCE_S, LAST = 15, 20
MOST = 600
WRONG = "what is wrong with its file"
STANDS = ["host", "change", "how it stands"]
TONES = {"armed": "rb-changed", "undoing": "rb-changed", "stale": "rb-block"}


@dataclass(frozen=True, slots=True, repr=False)
class DeskHosts(CellValue):
    """The hosts of params/, how long each may take to answer, and how many records to list."""

    hosts: tuple[Described, ...]
    patience_s: int
    last: int

    @FrameProperty
    def files(self) -> pd.DataFrame:
        """One row a file: host, address, interface, bridge, connect, what is wrong with it."""
        rows = [_row(one) for one in self.hosts]
        return pd.DataFrame(rows, columns=[*ASKED, WRONG])


def hosts(namespace: Mapping[str, object]) -> DeskHosts:
    """List the hosts of params/; `namespace` is `globals()`. Contacts nothing."""
    check_names(namespace, NAMES)
    numbers = (_number(namespace, "patience_s", PATIENCE_S), _number(namespace, "last", LAST))
    found = listing(params_folder())
    known = DeskHosts(found, *numbers)
    empty = "none yet: survey.ipynb describes the first"
    wrong = [] if any(one.error for one in found) else [WRONG]
    look = Look("Hosts in params/", limit=max(len(found), 1), empty=empty, unit="host")
    views.show(views.table(known.files.drop(columns=wrong), look))
    return known


def armed(known: DeskHosts) -> None:
    """Ask every host, side by side, whether a change is armed or half made there."""
    asked = [one.known for one in known.hosts if one.known and _is_asked(one.known)]
    told = {host.host: ("", "asking …") for host in asked}
    handle = show_lasting(_standing(told), {})
    for answer in fleet.standings(asked, SystemClock(), known.patience_s):
        told[answer.host] = _told(answer)
        if handle:
            handle.update(_standing(told))  # type: ignore[no-untyped-call]  # IPython has no annotation here
    left = [one.host for one in known.hosts if one.host not in told]
    if left:
        why = "recordings, or files that do not lead to a host"
        views.show(views.note(f"not asked ({why}): {', '.join(left)}"))


def records(known: DeskHosts) -> None:
    """The last runs, with what each of them left to be read."""
    found = record.latest(outputs_folder(), known.last)
    rows = [(e.host, _when(e), e.ended, e.operator) for e in found]
    shown = pd.DataFrame(rows, columns=["host", "begun (UTC)", "how it ended", "operator"])
    links = [tuple(_links(entry)) for entry in found]
    views.show(linked(shown, links, "The last records"))


def _number(namespace: Mapping[str, object], name: str, usual: int) -> int:
    value = namespace.get(name)
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST:
        raise ParameterError(
            name, value, f"it is no whole number from 1 to {MOST}", "leave it out, or fix it"
        )
    return value


def _row(one: Described) -> tuple[str, ...]:
    if one.params is None:
        why = f"{e.field}: {e.problem}; {e.then}" if (e := one.error) else ""
        return (one.host, "", "", "", "", why)
    return (*(str(getattr(one.params, name)) for name in ASKED), "")


def _is_asked(known: KnownHost) -> bool:
    return known.connect != "recorded"


def _told(answer: HostAnswer[HostStatus]) -> tuple[str, str]:
    if answer.value is None:
        return "not known", answer.why
    state = answer.value.state if answer.value.armed else "none"
    return state, "; ".join(answer.value.describe())


def _standing(told: Mapping[str, tuple[str, str]]) -> Picture:
    rows = pd.DataFrame([(h, *words) for h, words in sorted(told.items())], columns=STANDS)
    colours = pd.DataFrame("", index=rows.index, columns=rows.columns)
    colours["change"] = [TONES.get(state, "") for state in rows["change"]]
    done = sum(1 for state, _ in told.values() if state)
    caption = f"Hosts asked: {done} of {len(told)}"
    return views.table(rows, Look(caption, classes=colours, limit=max(len(rows), 1), unit=""))


def _when(entry: RecordEntry) -> str:
    """The change id begins with its stamp."""
    day, _, clock = entry.path.name.partition("-")[0].partition("T")
    if len(day) + len(clock) != len("20260301120000Z"):
        return entry.path.name
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:6]}"


def _links(entry: RecordEntry) -> Iterator[Link]:
    for words, name in (("page", PAGE), ("notebook", NOTEBOOK), ("journal", JOURNAL)):
        if (entry.path / name).is_file():
            yield Link(words, os.path.relpath(entry.path / name, Path.cwd()))
