"""The fleet run as a picture, and as the page `index.html` of its folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from runbook import views
from runbook.common import atomic_files
from runbook.fleet.ends import FleetEnd
from runbook.fleet.job import PLAN_SUFFIX
from runbook.fleet.ledger import LedgerState
from runbook.fleet.progress import AT_WORK, FleetProgress, HostProgress
from runbook.run.record import PAGE
from runbook.views import FleetRow, Picture, StageMark
from runbook.views.links import Link
from runbook.views.page.standalone import standalone

INDEX = "index.html"
# While a run is at work a browser loads its page again after so many seconds.
AGAIN_S = 5
_MARKS: dict[FleetEnd, StageMark] = {
    FleetEnd.AS_PROMISED: "done",
    FleetEnd.NOTHING_TO_DO: "done",
    FleetEnd.PLANNED: "to come",
}


def write(folder: Path, state: LedgerState, found: FleetProgress, *, over: bool) -> Path:
    """Write the page of the run."""
    picture = shown(found, folder, folder, caption(state, found, over=over))
    title = f"fleet run {folder.name}: {found.done} of {len(found.hosts)}"
    text = standalone(picture, title, again_s=0 if over else AGAIN_S)
    atomic_files.replace(folder / INDEX, text.encode(), atomic_files.PRIVATE_FILE)
    return folder / INDEX


def shown(found: FleetProgress, folder: Path, here: Path, head: str) -> Picture:
    """The run as a picture; `here` is where the page is that shows it."""
    rows = [_row(each, folder, here) for each in found.hosts]
    return views.fleet(rows, head)


def caption(state: LedgerState, found: FleetProgress, *, over: bool) -> str:
    """How far the run is, in a sentence."""
    name = Path(state.plan.notebook).name
    told = f"{name}: {found.done} of {len(found.hosts)} hosts are done"
    if found.failed:
        told += f", {len(found.failed)} failed"
    if over:
        return f"{told}. The run is not at work."
    if not state.begun:
        return f"{told}. The plans are made."
    left = f", about {in_time(found.left_s)} left" if found.left_s is not None else ""
    return f"{told}, {len(found.at_work)} at work{left}"


def in_time(seconds: float | None) -> str:
    """Minutes and seconds; '' if it is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _row(each: HostProgress, folder: Path, here: Path) -> FleetRow:
    end = each.end
    state = f"{each.state}: {each.stage}" if each.stage else each.state
    why = "" if end is None or end.end.good else (end.finding or end.said)
    links = tuple(_links(each, folder, here))
    took, left = in_time(each.took_s), in_time(each.left_s)
    return FleetRow(each.host, each.batch, _mark(each), state, took, left, why, links)


def _mark(each: HostProgress) -> StageMark:
    if each.state == AT_WORK:
        return "at work"
    return _MARKS.get(each.end.end, "failed") if each.end else "to come"


def _links(each: HostProgress, folder: Path, here: Path) -> Iterator[Link]:
    record = Path(each.end.folder) if each.end and each.end.folder else None
    if record and (record / PAGE).is_file():
        yield Link("record", os.path.relpath(record / PAGE, here))
    elif record:
        # In JupyterLab no page opens a folder; its file list does.
        parts = "" if here == folder else "/".join(record.parts[-3:])
        yield Link("record", os.path.relpath(record, here), folder=parts)
    for suffix in ("", PLAN_SUFFIX):
        for words, name in (("notebook", "ipynb"), ("log", "log")):
            path = folder / f"{each.host}{suffix}.{name}"
            if path.is_file():
                told = f"{words} of the plan" if suffix else words
                yield Link(told, os.path.relpath(path, here))
