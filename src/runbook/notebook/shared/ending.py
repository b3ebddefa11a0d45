"""The end of a run: its result, written once into the record and shown on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from runbook import views
from runbook.common.errors import RunbookError
from runbook.common.printable import printable
from runbook.notebook.jupyter.unattended import can_ask
from runbook.notebook.shared.leave_guests import leave
from runbook.notebook.shared.next_steps import STOPS, kind_of, show_next
from runbook.notebook.shared.runs import RecordedRun
from runbook.notebook.shared.sealing import seal
from runbook.notebook.shared.stages import NotNow
from runbook.run.at_work import WAITING
from runbook.run.record import MIME, OUTCOME, Ending, Outcome
from runbook.run.session import ChangeSession
from runbook.views import CELL, LastWord, Output, Picture
from runbook.views.findings import Tone

LONGEST = 400
# The same in each run, so that two notebooks can be compared.
RECORD = ("record, times and the way back: on the ", "first page", ", at the top")
TONES: dict[Ending, Tone] = {
    Ending.AS_PROMISED: "good",
    Ending.NOTHING_TO_DO: "good",
    Ending.PLANNED_ONLY: "note",
    Ending.LOOKED: "note",
    Ending.SURVEYED: "good",
    Ending.UNDONE: "good",
    Ending.DRIFTED: "warn",
    Ending.REFUSED: "warn",
    Ending.AS_BEFORE: "warn",
    Ending.UNKNOWN: "bad",
}


class RunHasEnded(NotNow):
    """A cell was run again after the run had ended."""


def end(run: RecordedRun, ending: Ending, text: str, page: Output = CELL) -> None:
    """Write the result of the run and show it; forms and buttons of the run are closed."""
    session = run.session
    _end_course(run)
    outcome = Outcome(
        ending, run.host, session.change_id, session.operator, session.clock.now(), text
    )
    run.folder.end(outcome)
    # What was said in guests belongs to the record, so it comes before the seal.
    if isinstance(session, ChangeSession):
        leave(run, session.subject, page)
    seal(run)
    show_ending(run, page)


def _end_course(run: RecordedRun) -> None:
    """Close forms and buttons; an error there must not keep the result from the record."""
    try:
        run.course.end()
    except Exception as error:  # noqa: BLE001 - any of them is less than a lost outcome
        run.folder.note(run.session.clock.now(), f"the page was not ended: {in_short(error)}")


def show_ending(run: RecordedRun, page: Output = CELL) -> None:
    """Show the result, with the data that `runbook archive` reads."""
    told = run.folder.outcome()
    ending = Ending(str(told["outcome"]))
    lines: list[str | Picture] = [str(told["said"]), f"host: {run.host}"]
    lines += [views.to_first_page(*RECORD), *_gaps(run)]
    picture = views.verdict(TONES[ending], str(ending), lines)
    page.show_with(picture, {MIME: {"folder": str(run.folder.path), **told}})
    if ending in STOPS and kind_of(run) != "survey":
        show_next(run, page)
    with suppress(Exception):
        # The result is recorded and shown: a panel that fails must not hide it.
        run.course.tell(LastWord(TONES[ending], str(ending), str(told["said"])))


def _gaps(run: RecordedRun) -> list[str]:
    """The files that could not be written: only this page has their content."""
    lost = run.folder.unwritten
    if not lost:
        return []
    names = ", ".join(f"{name} ({why})" for name, why in lost.items())
    return [f"The record is not complete. It could not be written: {names}. Keep this notebook."]


def not_ended(run: RecordedRun) -> None:
    """Raise RunHasEnded if the run has a result: a new run begins at the first cell."""
    if run.folder.has(OUTCOME):
        raise RunHasEnded(
            f"this run has ended: {run.folder.outcome()['outcome']}",
            host=run.host,
            state="as the run's record says; this cell did nothing",
            then="for a new run, run the cell that connects to the host, and all cells after it",
        )


@contextmanager
def reading(run: RecordedRun, action: str, left: str = "", at_most_s: float = 0) -> Iterator[None]:
    """A stage that changes nothing: any error in it ends the run as refused.

    `left` says what may be on the host then, `at_most_s` how long it may take.
    """
    not_ended(run)
    try:
        run.folder.note(run.session.clock.now(), f"{action}: begins")
        with views.doing(action, run.session.clock.monotonic, at_most_s):
            yield
        run.folder.note(run.session.clock.now(), f"{action}: done")
    except BaseException as error:
        # What is wrong may be the record itself.
        run.folder.comes_second()
        keep_error(run, "error.txt", error)
        end(run, Ending.REFUSED, in_short(error) + left)
        raise


@contextmanager
def waiting(run: RecordedRun) -> Iterator[None]:
    """A person is asked: others can see meanwhile that the run waits for them."""
    if not can_ask():
        yield
        return
    run.folder.note(run.session.clock.now(), f"{WAITING}: begins")
    try:
        yield
    finally:
        # A run that ended meanwhile is sealed, with its journal.
        if not run.folder.has(OUTCOME):
            run.folder.note(run.session.clock.now(), f"{WAITING}: done")


def keep_error(run: RecordedRun, name: str, error: BaseException) -> None:
    """Write the whole text of the error into the record."""
    run.folder.again(name, printable(f"{type(error).__name__}: {error}\n"))


def in_words(error: BaseException) -> str:
    """The error for a person: of one that runbook did not expect, its kind stands last."""
    if isinstance(error, RunbookError):
        return str(error)
    return f"runbook did not expect this error: {in_short(error)} ({type(error).__name__})"


def in_short(error: BaseException) -> str:
    """The error in one line."""
    what = error.what if isinstance(error, RunbookError) else str(error)
    line = _joined(printable(what)) or type(error).__name__
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _joined(text: str) -> str:
    """Its lines as one: after a heading its text, a new sentence for each item of a list."""
    told = ""
    for line in (" ".join(one.split()) for one in text.splitlines()):
        item = line.removeprefix("- ")
        if not told or not item:
            told += item
        elif told.endswith((":", ".", ";", ",")):
            told += f" {item}"
        else:
            told += f"{'.' if item != line else ';'} {item}"
    return told
