"""The cells that close a run: the state after, and the record."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from dataclasses import asdict

from runbook import views
from runbook.common.clock import Clock
from runbook.common.errors import GoToTheConsole, MendAccess
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.routed.plan import go_by
from runbook.notebook.shared.ending import end, in_short, keep_error, show_ending
from runbook.notebook.shared.next_steps import show_next
from runbook.notebook.shared.runs import RecordedRun, Run, Stopped
from runbook.notebook.shared.stages import stage
from runbook.notebook.shared.undoing import records
from runbook.notebook.shared.values import ConfirmedChange, Finished
from runbook.plan.routed.firewall.rules_comparison import compared
from runbook.run import record
from runbook.run.record import OUTCOME, Ending
from runbook.state import snapshot as snapshots
from runbook.state.diff import diff
from runbook.state.host import command_output
from runbook.state.host.command_output import CommandOutput
from runbook.state.snapshot import Snapshot, take
from runbook.transport.host import Host
from runbook.views import Look, Picture
from runbook.views.grid import Grid
from runbook.views.links import Link, Links, linked
from runbook.views.tables import counted


@stage("after")
def after(kept: ConfirmedChange | Stopped) -> Finished | Stopped:
    """Read the state again, and show every row in which it differs from before."""
    if isinstance(kept, Stopped):
        return go_by(kept)
    this, before = kept.before.run, kept.before.snapshot
    snapshot, words = _read_again(this)
    this.folder.again("after.json", snapshots.dumps(snapshot))
    this.folder.again("commands-after.json", command_output.dumps(words))
    _show_changes(this, before, snapshot)
    _show_wiring(this, before, snapshot)
    _show_rules(this, before, snapshot)
    views.show(views.fold("The whole state after", views.state(snapshot, words)))
    return Finished(kept.before, kept.confirmed, snapshot)


def _show_changes(this: Run, before: Snapshot, snapshot: Snapshot) -> None:
    this.folder.again("diff.json", records(diff(before, snapshot)))
    views.show(views.side_by_side(before, snapshot))


def _show_wiring(this: Run, before: Snapshot, snapshot: Snapshot) -> None:
    drawn = views.wiring(snapshot, this.session.params.address, before)
    this.folder.again("wiring-after.html", drawn.alone())
    views.show(drawn)


@stage("record")
def finish(last: Finished | Stopped) -> None:
    """The last word, and where the record is."""
    run = last.run
    if run.folder.has(OUTCOME):
        show_ending(run)
    elif isinstance(last, Stopped):
        end(run, last.ending, last.why)
    else:
        promise = last.confirmed.verified.armed.plan.promise
        end(run, Ending.AS_PROMISED, f"{promise.end_state}, confirmed")
    views.show(products(run))
    if somebody_there():
        # A run that nobody watches does without ipywidgets.
        from runbook.notebook.live.file_record import offer  # noqa: PLC0415

        offer(run)
    show_next(run)


def _show_rules(this: Run, before: Snapshot, snapshot: Snapshot) -> None:
    """The rules file against the live rules, where one is given."""
    params = this.session.params
    found = compared(params, before, snapshot)
    if found is not None:
        this.folder.again_json("rules.json", [asdict(rule) for rule in found])
        views.show(views.compared(found, f"params/{params.rules} and the live rules"))


def _read_again(this: Run) -> tuple[Snapshot, tuple[CommandOutput, ...]]:
    """Over a connection from after the change: the one from before proves nothing."""
    hand, clock = this.course.hand, this.session.clock
    held = hand.hand_on() if hand else None
    try:
        with views.doing("Reading the state after", clock.monotonic):
            # It was opened to confirm the change, maybe an hour ago.
            with suppress(MendAccess):
                if held:
                    return _state_over(held, clock)
            return _state_over(this.session.connect(), clock)
    except MendAccess as error:
        keep_error(this, "error.txt", error)
        end(this, Ending.UNKNOWN, f"confirmed, but then it could not be read: {in_short(error)}")
        raise GoToTheConsole(
            f"the change was confirmed, and then the host could not be read: {in_short(error)}",
            host=this.host,
            state="confirmed, so nothing undoes it by itself",
            then="see that the host answers; its record is complete up to the confirmation",
        ) from error


def _state_over(host: Host, clock: Clock) -> tuple[Snapshot, tuple[CommandOutput, ...]]:
    with closing(host) as fresh:
        return take(fresh, clock.now()), command_output.read(fresh)


def products(run: RecordedRun) -> Picture:
    """What the run folder holds."""
    try:
        recorded = record.read(run.folder.path)
        names = recorded.products
    except OSError as error:
        return views.note(f"The run folder cannot be read: {error}", "bad")
    # Without sizes: that of record.json is another in each run.
    shown = Grid.of(("file",), [(name,) for name in names])
    caption = f"The run folder: {counted(len(shown), 'file')}"
    # Under papermill nobody knows yet where the notebook will be, and so where a link leads.
    if somebody_there():
        links = [Link("open", os.path.relpath(recorded.path / name)) for name in names]
        files = linked(shown, [[one] for one in links], Links("The run folder", unit="file"))
    else:
        files = views.table(shown, Look("The run folder", limit=len(shown), unit="file"))
    return views.fold(caption, files)
