"""What desk.ipynb imports: the hosts that are described, how each stands, what was done.

::

    known = hosts(globals())
    records(known)

Nothing is written on a host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from runbook import views
from runbook.common.clock import SystemClock
from runbook.common.errors import ParameterError
from runbook.common.folders import outputs_folder, params_folder
from runbook.notebook.desk import inventory
from runbook.notebook.desk import records as record_rows
from runbook.notebook.desk.inventory import InventoryRow
from runbook.notebook.desk.place import places
from runbook.notebook.desk.records import RecordRow
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.page_head import show_page_head
from runbook.params import Described, check_names, listing
from runbook.run import many_hosts
from runbook.views import Slot

NAMES = ("patience_s", "last")
ASKED = ["host", "address", "interface", "bridge", "connect"]
PATIENCE_S = 15
MOST, MOST_RECORDS = 600, 1_000_000
WRONG = "what is wrong with its file"


@dataclass(frozen=True, slots=True, repr=False)
class DeskHosts(CellValue):
    """The hosts of params/, how long each may take to answer, and how many records to list."""

    hosts: tuple[Described, ...]
    patience_s: int
    last: int
    runs: tuple[RecordRow, ...] = ()

    @FrameProperty
    def files(self) -> pd.DataFrame:
        """One row a file: host, address, interface, bridge, connect, what is wrong with it."""
        return pd.DataFrame([_row(one) for one in self.hosts], columns=[*ASKED, WRONG])

    @FrameProperty
    def records(self) -> pd.DataFrame:
        """One row a run: kind, host, subject, who, start (UTC), duration, ended."""
        return record_rows.frame(self.runs)


def hosts(namespace: Mapping[str, object]) -> DeskHosts:
    """Draw the inventory, and ask every host how it stands; `namespace` is `globals()`."""
    show_page_head()
    check_names(namespace, NAMES)
    patience_s = _number(namespace, "patience_s", PATIENCE_S, MOST)
    last = _number(namespace, "last", MOST_RECORDS, MOST_RECORDS)
    found = listing(params_folder())
    known = DeskHosts(found, patience_s, last, tuple(record_rows.rows(outputs_folder())))
    _ask(known, inventory.rows_of(known.hosts, known.runs, Path.cwd()))
    return known


def records(known: DeskHosts) -> None:
    """All runs, the newest first, with what each of them left to be read."""
    views.show(record_rows.picture(known.runs[: known.last], Path.cwd()))


def _ask(known: DeskHosts, shown: dict[str, InventoryRow]) -> None:
    """Ask the hosts side by side, and draw with each answer; nothing is written there."""
    slot, folder, clock = Slot(), Path.cwd(), SystemClock()
    slot.draw(inventory.picture(shown, folder))
    slot.place()
    asked = [one.known for one in known.hosts if one.known and shown[one.host].asked]
    for answer in many_hosts.standings(asked, clock, known.patience_s):
        shown[answer.host] = replace(shown[answer.host], status=answer)
        slot.draw(inventory.picture(shown, folder))
    answering = [
        one.params
        for one in known.hosts
        if one.params and (status := shown[one.host].status) and status.value
    ]
    for place in places(answering, clock, known.patience_s):
        shown[place.host] = replace(shown[place.host], place=place)
        slot.draw(inventory.picture(shown, folder))
    slot.show(inventory.asked_at(clock.now(), folder, shown))


def _number(namespace: Mapping[str, object], name: str, usual: int, most: int) -> int:
    value = namespace.get(name)
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise ParameterError(
            name, value, f"it is no whole number from 1 to {most}", "leave it out, or fix it"
        )
    return value


def _row(one: Described) -> tuple[str, ...]:
    if one.params is None:
        why = f"{e.field}: {e.problem}; {e.then}" if (e := one.error) else ""
        return (one.host, "", "", "", "", why)
    return (*(str(getattr(one.params, name)) for name in ASKED), "")
