"""What comes after a run: a line of links below its result, for the person who is there.

At the desk a link leads to the notebook that knows the host; elsewhere to the one beside this one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from runbook import views
from runbook.common import handed_files
from runbook.notebook.desk import copies
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.record_links import links_of
from runbook.notebook.shared.runs import RecordedRun
from runbook.records.files import BEGUN
from runbook.run.record import OUTCOME, Ending
from runbook.views import CELL, Output, Picture
from runbook.views.links import Link, anchor
from runbook.views.page.picture import plain, safe

# By the kind of run and its end: the buttons of the inventory that come next.
KEPT: Mapping[str, tuple[str, ...]] = {
    "change": ("guests", "audit", "revert"),
    "undo": ("guests", "audit", "revert"),
    "guest": ("audit",),
    "revert": ("change",),
    "survey": ("change",),
}
BUTTONS: Mapping[Ending, Mapping[str, tuple[str, ...]]] = {
    Ending.AS_PROMISED: KEPT,
    Ending.NOTHING_TO_DO: {
        **KEPT,
        "change": ("guests", "audit"),
        "undo": (),
        "audit": ("history",),
    },
    Ending.SURVEYED: KEPT,
    Ending.LOOKED: {"survey": ("change",)},
    Ending.UNDONE: {"undo": ("change",)},
    Ending.REFUSED: {"change": ("survey",), "guest": (), "survey": ("change",)},
    Ending.UNKNOWN: dict.fromkeys(("change", "undo", "guest", "revert"), ("undo",)),
}
WORDS = {
    "survey": "correct the host's file",
    "change": "make the change",
    "guests": "put guests on the LAN",
    "audit": "compare the host with its record",
    "history": "all records of the host",
    "undo": "look for a change on the host",
    "revert": "take the change back",
}
# What a person does here, before any link.
AGAIN = "run this notebook again from the top"
SENTENCES: Mapping[Ending, str] = {
    Ending.PLANNED_ONLY: f"Nothing was written. To make the change, {AGAIN}.",
    Ending.REFUSED: f"Do what the result says, then {AGAIN}.",
    Ending.AS_BEFORE: f"The host is as before. To try again, {AGAIN}.",
}
# After these no cell below runs, so the line stands below the result at once.
STOPS = (Ending.REFUSED, Ending.AS_BEFORE, Ending.UNKNOWN)


def show_next(run: RecordedRun, page: Output = CELL) -> None:
    """Say what comes after this run, where somebody is there."""
    if somebody_there() and run.folder.has(OUTCOME):
        ending = Ending(str(run.folder.outcome()["outcome"]))
        buttons = BUTTONS.get(ending, {}).get(kind_of(run), ())
        record = [link for link in links_of(run.folder.path, Path.cwd()) if link.folder]
        page.show(next_steps(run.host, buttons, record, SENTENCES.get(ending, "")))


def kind_of(run: RecordedRun) -> str:
    """Which notebook it is of, as its record says; '' where the record does not say it."""
    with suppress(OSError, ValueError):
        return str(handed_files.json_object(run.folder.text(BEGUN)).get("kind") or "")
    return ""


def next_steps(
    host: str, buttons: Sequence[str], record: Sequence[Link] = (), sentence: str = ""
) -> Picture:
    """The sentence, and the links; `buttons` are those of the inventory."""
    folder = Path.cwd()
    links = [
        *_leading(folder, host, buttons),
        *(Link("the record's folder", one.path, one.folder) for one in record),
        *_inventory(folder),
    ]
    if not (links or sentence):
        return Picture("", "")
    told = f"{safe(sentence)} " if sentence else ""
    words = ", ".join(f"{link.words}: {link.path}" for link in links)
    head = "Next:" if links else ""
    body = f'<p class="rb-links rb-next">{told}{head} {" ".join(map(anchor, links))}</p>'
    return Picture(body, plain(f"{sentence} {head} {words}".strip()))


def show_links(host: str, *buttons: str) -> None:
    """The same for a notebook without a record."""
    if somebody_there():
        views.show(next_steps(host, buttons))


def _leading(folder: Path, host: str, buttons: Sequence[str]) -> Iterator[Link]:
    desk = copies.here(folder)
    made = copies.make(desk, host) if desk and buttons else {}
    for button in buttons:
        path = made.get(button, folder / f"{copies.BUTTONS[button]}.ipynb")
        if path.is_file():
            yield Link(WORDS[button], os.path.relpath(path, folder))


def _inventory(folder: Path) -> Iterator[Link]:
    path = (copies.here(folder) or folder) / copies.INVENTORY
    if path.is_file():
        yield Link("the inventory", os.path.relpath(path, folder))
