"""The cells of undo.ipynb that decide, and end the change."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from IPython.core.error import StdinNotImplementedError

from runbook import views
from runbook.apply.checkpoint.armed_change import ArmedChange, Checkpoint
from runbook.apply.confirm import Verified
from runbook.apply.rollback import NotCompared, Rollback
from runbook.common.errors import GateClosed, GoToTheConsole, RunbookError
from runbook.notebook.jupyter.unattended import RENDERED, may_write, somebody_there
from runbook.notebook.routed.close import finish
from runbook.notebook.routed.plan import go_by, stopped
from runbook.notebook.shared.approval import Ask
from runbook.notebook.shared.cell_value import CellValue
from runbook.notebook.shared.ending import end, in_short, keep_error, not_ended, reading, waiting
from runbook.notebook.shared.leave_guests import leave
from runbook.notebook.shared.runs import HostRun, Stopped
from runbook.notebook.shared.undoing import keep_rollback, keep_verdict
from runbook.notebook.undo.look import ACTIONS, UndoView, facts_of
from runbook.run import pipeline, resume
from runbook.run.failures import Differs, NotAsPromised
from runbook.run.record import Ending
from runbook.run.session import ChangeSession
from runbook.run.standing import HostStatus
from runbook.run.subject_kept import about
from runbook.state import snapshot as snapshots
from runbook.views.standing import outcome_in_words


@dataclass(frozen=True, slots=True, repr=False)
class ChosenAction(CellValue):
    """What is going to be done to what was found."""

    run: HostRun
    standing: HostStatus
    action: str

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, how it stands, and what is going to be done."""
        return (*facts_of(self.standing), ("action", self.action))


def decide(looked: UndoView) -> ChosenAction | Stopped:
    """Undo, confirm, or only look; raises what stands against it, with nothing written."""
    this, request, standing = looked.run, looked.reached.request, looked.reached.standing
    action = request.action
    if not action and (standing.armed or (standing.ended and standing.ended.to_compare)):
        with waiting(this):
            action = _ask(standing)
    if not action:
        return stopped(this, Ending.LOOKED, _why_only_looked(standing))
    if not may_write():
        return stopped(this, Ending.LOOKED, f"no {action}: {RENDERED}")
    with reading(this, f"Whether there is anything to {action}"):
        if standing.armed:
            resume.claim(this.session, standing.armed, action, take_over=request.take_over)
        else:
            resume.need_undone(standing, action)
        if standing.armed and action == "confirm":
            resume.resume(this.session, standing.armed)
    if standing.ended and not standing.ended.to_compare:
        return stopped(this, Ending.NOTHING_TO_DO, standing.ended.outcome)
    return ChosenAction(this, standing, action)


def _why_only_looked(standing: HostStatus) -> str:
    ended = standing.ended
    if standing.armed or (ended and ended.to_compare):
        return "neither undo nor confirm was asked for"
    if ended and ended.end == "confirmed":
        back = "" if ended.checkpoint.of_guests else "; revert.ipynb takes it back"
        return f"nothing is armed; the last change is {outcome_in_words(ended)}{back}"
    return "nothing is armed, so there is nothing to undo or to confirm"


def do(decided: ChosenAction | Stopped) -> Stopped:
    """Undo and compare row by row, or verify and confirm; raises if the end is not that."""
    if isinstance(decided, Stopped):
        return go_by(decided)
    this, found = decided.run, decided.standing.armed
    not_ended(this)
    if found and decided.action == "confirm":
        return _confirm(this, found)
    return _undo(decided)


def record(done: Stopped) -> None:
    """The last word, and where the record is."""
    finish(done)


def _ask(standing: HostStatus, ask: Ask | None = None) -> str:
    prompt = f"{standing.host}: type undo or confirm; any other answer only looks: "
    try:
        answer = (ask or builtins.input)(prompt).strip()
    except (StdinNotImplementedError, EOFError, KeyboardInterrupt):
        return ""
    return answer if answer in ACTIONS else ""


def _undo(decided: ChosenAction) -> Stopped:
    this, standing = decided.run, decided.standing
    what = "Undoing the change" if standing.armed else "Comparing with before the change"
    with _returning(this, what):
        undone = _undone(this, standing)
    keep_rollback(this, undone)
    return Stopped(this, Ending.UNDONE, "the host is as before the change, row by row")


@contextmanager
def _entering(run: HostRun, checkpoint: Checkpoint) -> Iterator[ChangeSession]:
    """The session that the change needs; what is said in its guests is in the record."""
    session = about(run.session, checkpoint)
    try:
        yield session
    finally:
        leave(run, session.subject)


def _undone(run: HostRun, standing: HostStatus) -> Rollback:
    if standing.armed:
        with _entering(run, standing.armed.checkpoint) as session:
            return resume.undo(session, standing.armed)
    if standing.ended is None:
        raise AssertionError
    did = f"the change was {standing.ended.undone}"
    with _entering(run, standing.ended.checkpoint) as session:
        return resume.compare_now(session, standing.ended.checkpoint, did)


def _confirm(run: HostRun, armed_change: ArmedChange) -> Stopped:
    with _entering(run, armed_change.checkpoint) as session:
        verified = _verified(run, session, armed_change)
        keep_verdict(run, verified.verdict, "The verdict: as promised")
        with _returning(run, "Confirming, over another new connection"):
            confirmed = pipeline.confirm(session, verified)
    run.folder.once_json("confirmed.json", {"at": confirmed.at.isoformat()})
    why = f"{verified.armed.plan.promise.end_state}, confirmed"
    return Stopped(run, Ending.AS_PROMISED, why)


def _verified(run: HostRun, session: ChangeSession, armed_change: ArmedChange) -> Verified:
    with reading(run, "Verifying, over a new connection", "; not confirmed"):
        underway, applied = resume.resume(session, armed_change)
        try:
            return resume.verify(session, underway, applied)
        except NotAsPromised as error:
            keep_verdict(run, error.verdict, "The verdict: not as promised")
            raise


@contextmanager
def _returning(run: HostRun, action: str) -> Iterator[None]:
    run.folder.note(run.session.clock.now(), f"{action}: begins")
    try:
        with views.doing(action, run.session.clock.monotonic):
            yield
    except BaseException as error:
        keep_error(run, "error.txt", error)
        _keep_what_was_seen(run, error)
        ending = Ending.REFUSED if isinstance(error, GateClosed) else Ending.UNKNOWN
        then = f"; {error.then}" if isinstance(error, GoToTheConsole) else ""
        end(run, ending, in_short(error) + then)
        if isinstance(error, RunbookError):
            # Whoever reads a terminal sees nothing above an error.
            error.shown = somebody_there()
        raise
    run.folder.note(run.session.clock.now(), f"{action}: done")


def _keep_what_was_seen(run: HostRun, error: BaseException) -> None:
    if isinstance(error, Differs):
        keep_rollback(run, error.undone, result=in_short(error))
    if isinstance(error, NotCompared):
        run.folder.once("after.json", snapshots.dumps(error.after))
        run.folder.once("journal-of-the-host", error.log)
        views.show(views.state(error.after))
