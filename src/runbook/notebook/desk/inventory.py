"""The inventory: a row for each host, with its buttons. Drawn again with each answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from runbook.notebook.desk import copies
from runbook.notebook.desk.ask import SURVEY, ask_button
from runbook.notebook.desk.place import HostPlace, change_in_words, guests_in_words, where
from runbook.notebook.desk.records import RecordRow
from runbook.notebook.shared.record_links import folder_of
from runbook.params import Described, Params
from runbook.run.many_hosts import HostAnswer
from runbook.run.record import PAGE, Ending
from runbook.run.standing import HostStatus
from runbook.views import Picture, note, stack
from runbook.views.links import Link, Links, anchor, linked

COLUMNS = ["host", "address", "address on", "change", "last record", "last audit", "guests"]
ASKING = "asking …"
AGAIN = "ask the hosts again"
# The button beside the record of a change that is in force.
REVERT = "revert"
# Kinds of a run that may leave a change in force; undo.ipynb may confirm one too.
CHANGING, KEPT = ("change", "undo", "guest", REVERT), str(Ending.AS_PROMISED)
# After these a revert would be refused: it takes the last change back, and of guests none.
NO_REVERT = ("guest", REVERT)
TONES = {
    "armed": "rb-changed",
    "undoing": "rb-changed",
    "stale": "rb-block",
    "unknown": "rb-changed",
}


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """A host: what its file says, what it answered, what was done last."""

    host: str
    params: Params | None
    wrong: str = ""
    asked: bool = False
    status: HostAnswer[HostStatus] | None = None
    place: HostAnswer[HostPlace] | None = None
    record: RecordRow | None = None
    audit: RecordRow | None = None
    confirmed: bool = False
    copies: Mapping[str, Path] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        """The words of the row."""
        address = self.params.address if self.params else ""
        return (
            self.host,
            address,
            self.wrong or self._where(),
            self._change(),
            _told(self.record),
            _told(self.audit),
            self._guests(),
        )

    def tone(self) -> str:
        """The class of the cell that says what is armed."""
        return TONES.get(change_in_words(self.status)[1], "") if self.status else ""

    def links(self, folder: Path) -> tuple[Link, ...]:
        """Its buttons; `folder` is where the page is."""
        made = {
            name: Link(name, copies.relative(path, folder)) for name, path in self.copies.items()
        }
        revert = made.pop(REVERT, None)
        record = record_link(self.record, folder) if self.record else None
        last = (record, revert if self.confirmed else None)
        return (*made.values(), *(link for link in last if link))

    def _change(self) -> str:
        if self.status:
            return change_in_words(self.status)[0]
        return ASKING if self.asked else ""

    def _where(self) -> str:
        if not self.asked:
            return "not asked: a recording"
        silent = self.status and self.status.value is None
        answer = self.status if silent else self.place
        if answer is None or self.params is None:
            return ASKING
        if self.place is None or self.place.value is None:
            return f"not known: {answer.why}"
        return where(self.params, self.place.value, self.status.value if self.status else None)

    def _guests(self) -> str:
        return guests_in_words(self.place.value) if self.place and self.place.value else ""


def rows_of(
    known: Iterable[Described], runs: Sequence[RecordRow], folder: Path
) -> dict[str, InventoryRow]:
    """A row for each host; at the desk with a copy of each notebook for it. Nothing is asked."""
    oldest_first = runs[::-1]
    last = {run.host: run for run in oldest_first if run.kind != "audit"}
    audits = {run.host: run for run in oldest_first if run.kind == "audit"}
    kept = {run.host: run for run in oldest_first if run.kind in CHANGING and run.ended == KEPT}
    made = {one.host: row(one, last, audits) for one in known}
    made = {
        host: replace(one, confirmed=host in kept and kept[host].kind not in NO_REVERT)
        for host, one in made.items()
    }
    if copies.is_desk(folder):
        made = {h: replace(one, copies=copies.make(folder, h)) for h, one in made.items()}
    return made


def row(
    one: Described, last: Mapping[str, RecordRow], audits: Mapping[str, RecordRow]
) -> InventoryRow:
    """A host that was not asked yet."""
    wrong = f"the file is wrong: {e.field}: {e.problem}; {e.then}" if (e := one.error) else ""
    asked = one.known is not None and one.known.connect != "recorded"
    made = InventoryRow(one.host, one.params, wrong, asked)
    return replace(made, record=last.get(one.host), audit=audits.get(one.host))


def asked_at(now: datetime, folder: Path, hosts: Iterable[str]) -> Picture:
    """How old the answers are; at the desk with a button that asks again."""
    line = note(f"The hosts were asked at {now:%Y-%m-%d %H:%M:%S} UTC.")
    if not copies.is_desk(folder):
        return line
    return stack((line, ask_button(AGAIN, folder / copies.INVENTORY, hosts)))


def picture(rows: Mapping[str, InventoryRow], folder: Path) -> Picture:
    """All of them."""
    shown = [rows[name] for name in sorted(rows)]
    frame = pd.DataFrame([one.cells() for one in shown], columns=COLUMNS)
    tones = pd.DataFrame("", index=frame.index, columns=COLUMNS)
    tones["change"] = [one.tone() for one in shown]
    tones[["host", "address"]] = "rb-name"
    links = [one.links(folder) for one in shown]
    if not shown:
        return _no_host()
    look = Links("The hosts of params/", unit="host", column="open", at=1, classes=tones)
    return linked(frame, links, look)


def _no_host() -> Picture:
    """Where to begin; the notebook is beside this one."""
    begin = "There is no host in params/ yet. To look at one and to write its file, open"
    link = anchor(Link(SURVEY, SURVEY))
    return Picture(f'<p class="rb-say rb-note">{begin} {link}.</p>', f"{begin} {SURVEY}.")


def record_link(row: RecordRow, folder: Path) -> Link:
    """Leads to the page of a run if it was filed, else to its folder."""
    if (row.path / PAGE).is_file():
        return Link("record", copies.relative(row.path / PAGE, folder))
    return Link("record", copies.relative(row.path, folder), folder=folder_of(row.path))


def _told(row: RecordRow | None) -> str:
    return f"{row.ended.partition(';')[0]}, {row.when[:16]} UTC" if row else "none"
