"""A run that is stopped between two cells, because papermill or its kernel was told to end.

Nobody confirms the change any more, so it is undone now, and not at its deadline.
"""

from __future__ import annotations

from collections.abc import Mapping

from runbook.common.errors import RunbookError
from runbook.notebook.shared.ending import end
from runbook.notebook.shared.runs import RecordedRun
from runbook.notebook.shared.stages import RunProgress
from runbook.notebook.shared.undoing import changing
from runbook.notebook.shared.values import ChangeUnderway
from runbook.run.record import OUTCOME, Ending


class RunStopped(RunbookError):
    """Somebody stopped the run."""


def stop(namespace: Mapping[str, object], why: str) -> None:
    """End the run that these values of a notebook belong to; always raises.

    Raises RolledBack where an armed change was undone, GoToTheConsole if that undo fails,
    RunStopped where nothing was armed.
    """
    courses = (getattr(value, "course", None) for value in namespace.values())
    course = next((each for each in courses if isinstance(each, RunProgress)), None)
    if course:
        course.stop(why)
    raise RunStopped(
        f"the run was stopped: {why}",
        host="-",
        state="as the cells above say; this run writes nothing more",
        then="`runbook status HOST` shows whether a change is armed on the host",
    )


def refuse(run: RecordedRun, why: str) -> None:
    """End a run that has armed nothing yet."""
    run.course.leave_guests()
    if not run.folder.has(OUTCOME):
        end(run, Ending.REFUSED, f"the run was stopped: {why}; nothing was written")


def give_up(change: ChangeUnderway, why: str) -> None:
    """Undo an armed change; one that is confirmed, or has ended, stays as it is."""
    if change.hand.confirmed or change.run.folder.has(OUTCOME):
        return
    with changing(change, "Stopping", "stopped"):
        raise KeyboardInterrupt(why)
