"""Whatever goes wrong in an armed change is undone, recorded, and then raised."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict

from runbook import views
from runbook.apply.rollback import Rollback
from runbook.apply.verify import Verdict
from runbook.common import octets
from runbook.common.errors import GoToTheConsole, RolledBack, RunbookError
from runbook.common.later import pd
from runbook.notebook.jupyter.uninterrupted import uninterrupted
from runbook.notebook.shared.ending import end, in_short, in_words, keep_error, not_ended
from runbook.notebook.shared.leave_guests import leave
from runbook.notebook.shared.runs import HostRun
from runbook.notebook.shared.values import ChangeUnderway
from runbook.run import pipeline
from runbook.run.failures import Differs, NotAsPromised
from runbook.run.record import Ending
from runbook.state import snapshot as snapshots
from runbook.state.diff import Diff
from runbook.views import CELL, Output, Picture

# The one module that changes what happens to packets by being loaded.
FILTERS_BRIDGED = "br_netfilter"


@contextmanager
def changing(change: ChangeUnderway, action: str, mark: str) -> Iterator[None]:
    """A stage of an armed change; raises RolledBack, or GoToTheConsole if the undo fails.

    `mark` is its word below the line that shows how the host answers.
    """
    run = change.before.run
    with run.folder.alone():
        not_ended(run)
        run.folder.note(run.session.clock.now(), f"{action}: begins")
        change.hand.watcher.moment(mark)
        try:
            with views.doing(action, run.session.clock.monotonic):
                yield
        except BaseException as error:
            # An interrupt has to be undone as well.
            raise undo(change, error) from error
        run.folder.note(run.session.clock.now(), f"{action}: done")


def keep_verdict(run: HostRun, verdict: Verdict, caption: str, page: Output = CELL) -> None:
    """The checks, into the record and onto the page; what a boot would do, in its own order."""
    run.folder.again_json("verdict.json", [asdict(check) for check in verdict.checks])
    page.show(views.checks(verdict.of_now, caption))
    if verdict.boot:
        page.show(views.boot(verdict.boot, "What the next boot would do, in order"))


def records(rows: Diff | pd.DataFrame) -> str:
    """Differences, or a table, as JSON text, a row an object."""
    # Not by `to_json`: it refuses a text with a byte of the host's that is not UTF-8.
    told = [one._asdict() for one in rows.found] if isinstance(rows, Diff) else _records(rows)
    return octets.valid_json(json.dumps(told, indent=1, ensure_ascii=False)) + "\n"


def _records(rows: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {str(name): None if pd.isna(cell) else cell for name, cell in row.items()}
        for row in rows.astype(object).to_dict("records")
    ]


def keep_rollback(run: HostRun, undone: Rollback, page: Output = CELL, result: str = "") -> None:
    """The state after an undo, and the rows that differ, into the record and onto the page.

    What the `result` of the run says of a guest is not shown twice.
    """
    run.folder.once("after.json", snapshots.dumps(undone.after))
    run.folder.once("diff.json", records(undone.differences))
    run.folder.once("journal-of-the-host", undone.log)
    none = "no difference on the host" if undone.guests else "no difference"
    same = f"After the undo, compared with the state before: {none}"
    page.show(views.changes(undone.differences.found, same))
    for line in module_notes(undone.modules):
        page.show(views.note(line))
    for line in undone.failed:
        page.show(views.note(f"the undo script reports: {line}", "bad"))
    for difference in undone.guests:
        if " ".join(str(difference).split()) not in result:
            page.show(views.note(str(difference), "bad"))


def module_notes(modules: tuple[str, ...]) -> tuple[str, ...]:
    """What there is to say of kernel modules that were loaded since the state before."""
    notes = []
    others = [module for module in modules if module != FILTERS_BRIDGED]
    if others:
        notes.append(
            f"Loaded since the state before: kernel modules {', '.join(others)}."
            " They stay loaded until the next boot. By themselves they filter nothing."
        )
    if FILTERS_BRIDGED in modules:
        notes.append(
            f"Loaded since the state before: kernel module {FILTERS_BRIDGED}. It passes frames"
            " between ports of a bridge through the rules of iptables, until the next boot."
            f" If nothing on the host needs it: modprobe -r {FILTERS_BRIDGED}"
        )
    return tuple(notes)


def undo(change: ChangeUnderway, error: BaseException, page: Output = CELL) -> RunbookError:
    """Undo the change because of this error, leave its guests, and say what to raise."""
    run = change.before.run
    # Who asks twice to stop would otherwise break off the undo.
    with uninterrupted():
        try:
            return _undo(change, error, page)
        finally:
            # A button has no later cell that would.
            leave(run, run.session.subject, page)


# What to do after the undo: of one that somebody asked for, no error is the cause.
_ASKED = "nothing; to make the change after all, run again from the start"
_FAILED = "remove the cause of the error, then run again from the start"


def _undo(change: ChangeUnderway, error: BaseException, page: Output) -> RunbookError:
    """The undo comes first: what cannot be shown or recorded keeps no host from it."""
    this, why = change.before.run, change.hand.why or in_short(error)
    with suppress(Exception):
        page.show(_cause(error))
    telling = views.doing("Undoing the change", this.session.clock.monotonic)
    try:
        with telling if page is CELL else nullcontext():
            undone = pipeline.roll_back(this.session, change.underway, why)
    except BaseException as worse:  # noqa: BLE001 - told apart, and raised, by what follows
        _keep_cause(this, error, page)
        return lost(change, worse, page)
    _keep_cause(this, error, page)
    return as_before(change, undone, why, page, asked=isinstance(error, RolledBack))


def _cause(error: BaseException) -> Picture:
    """Why the change is undone; it is no error if somebody asked for it."""
    if isinstance(error, RolledBack):
        return views.note(f"Undone, because {error.what}", "warn")
    return views.note(in_words(error), "bad")


def _keep_cause(run: HostRun, error: BaseException, page: Output) -> None:
    keep_error(run, "error.txt", error)
    if isinstance(error, NotAsPromised):
        keep_verdict(run, error.verdict, "The verdict: not as promised", page)


def as_before(
    change: ChangeUnderway, undone: Rollback, why: str, page: Output = CELL, *, asked: bool = False
) -> RolledBack:
    """The end of a change that was undone, no row is left; `asked`: no error is the cause."""
    run = change.before.run
    keep_rollback(run, undone, page)
    run.course.undone()
    end(run, Ending.AS_BEFORE, f"undone, because: {why}", page)
    return RolledBack(
        f"the change was undone, because: {why}",
        host=run.host,
        state="as before the change, row by row",
        then=_ASKED if asked else _FAILED,
    )


def lost(change: ChangeUnderway, worse: BaseException, page: Output = CELL) -> GoToTheConsole:
    """The end of a change whose undo did not come to a good end."""
    run = change.before.run
    keep_error(run, "error-of-the-undo.txt", worse)
    if isinstance(worse, Differs):
        keep_rollback(run, worse.undone, page, in_short(worse))
    if not isinstance(worse, GoToTheConsole):
        worse = GoToTheConsole(
            f"the undo was stopped: {in_short(worse)}",
            host=run.host,
            state="not known; its own timer undoes the change at the deadline",
            then=f"`runbook status {run.host}` shows what is left on the host;"
            f" at its console: sh {change.underway.armed.undo_path}",
        )
    end(run, Ending.UNKNOWN, f"{in_short(worse)}; {worse.then}", page)
    return worse
