"""How papermill ends a run: an armed change is undone first, and the notebook says what came of it.

papermill by itself ends at once at SIGTERM or SIGHUP, leaves a host armed where it is interrupted
between two cells, and calls cells completed that never ran. Here the first signal interrupts the
cell that is at work, as a person would: the cell undoes the change and says so. Then, and whenever
a run ends with its change neither confirmed nor undone, one more cell is run, which undoes it. If
the kernel is dead, `last_words` does that. A second signal ends papermill at once, if it comes more
than a second after the first: where a program with threads dies that papermill is to end with, the
system sends one signal for each of its threads.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from runbook.notebook.jupyter import last_words, notebook_state, save_at_work
from runbook.notebook.jupyter.uninterrupted import SIGNALS

SOURCE = "from runbook.notebook.shared import stopping\n\nstopping.stop(globals(), {!r})"
ALONE = "# runbook asked the host without this notebook's kernel"
DIED = "the kernel of the notebook died"
# Longer than an undo takes that waits for a deadline of five minutes.
STOP_S = 900
# Signals that come so soon after the first are one with it.
ONE_S = 1.0
# Between two saves, as long as nothing is armed.
SAVE_S = 1.0
# The call of the cell that arms, in each notebook that does.
ARMS = "nb.arm("
# While a cell says something; papermill's own is longer than most cells take.
AUTOSAVE_S, PAPERMILLS = 2, 30
AGAIN = "A second signal ends papermill at once."
AT_WORK = "%s: runbook interrupts the cell; an armed change is undone first. " + AGAIN
OVER = "%s: the change is over; runbook finishes the record. " + AGAIN
log = logging.getLogger("papermill")


class NotBegun(Exception):
    """A cell is not begun, because somebody stopped the run."""


@dataclass(slots=True)
class Run:
    """A notebook that papermill runs; `why` it was stopped, '' as long as nobody did.

    `stopped_at` is the moment of the first signal, by `now`.
    """

    client: Any
    why: str = ""
    at_once: bool = False
    now: Callable[[], float] = time.monotonic
    stopped_at: float = -math.inf
    has_first_page: bool = False
    _before: dict[int, Any] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to undo."""
        return notebook_state.settled(self.client.nb)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Hear signals meanwhile; one that papermill was started to ignore stays ignored."""
        for number in map(int, SIGNALS):
            if signal.getsignal(number) is not signal.SIG_IGN:
                # Only a main thread may; elsewhere a program has its own way with signals.
                with suppress(ValueError):
                    self._before[number] = signal.signal(number, self._hear)
        try:
            yield
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler or signal.SIG_DFL)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.now() - self.stopped_at < ONE_S:
            return
        if self.why:
            self.at_once = True
            raise KeyboardInterrupt
        name = signal.Signals(number).name
        self.why, self.stopped_at = f"papermill got {name}", self.now()
        if self.settled:
            log.warning(OVER, name)
            return
        log.warning(AT_WORK, name)
        # To the kernel alone: the undo needs the connections that are in its group.
        with suppress(ProcessLookupError, AttributeError, TypeError):
            os.kill(self.client.km.provisioner.pid, signal.SIGINT)

    def end(self, why: str) -> None:
        """Run one more cell: what the kernel knows of, it undoes and records."""
        client = self.client
        if self.settled:
            return
        # Whoever asks for it now asks for the second time.
        self.why = self.why or why
        with self._more(SOURCE.format(why)) as (cell, index):
            client.timeout = STOP_S
            try:
                NotebookClient.execute_cell(client, cell, index)
            except CellExecutionError:
                pass
            except DeadKernelError:
                self._say(cell, DIED)
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - told in the notebook
                self._say(cell, f"{why}; then {type(error).__name__}: {error}")

    def end_without_kernel(self, why: str) -> None:
        """Ask the host itself."""
        for cell in notebook_state.begun(self.client.nb)[-1:]:
            self.client.nb_man.cell_exception(cell)
        if not self.settled:
            with self._more(ALONE) as (cell, _):
                self._say(cell, why)

    @contextmanager
    def _more(self, source: str) -> Iterator[tuple[Any, int]]:
        manager = self.client.nb_man
        cell, index = notebook_state.add_cell(self.client.nb, source)
        manager.cell_start(cell, index)
        manager.save()
        try:
            yield cell, index
        finally:
            # Also where it ended well: the run as a whole did not.
            manager.cell_exception(cell, index)
            manager.cell_complete(cell, index)
            manager.save()

    def _say(self, cell: Any, why: str) -> None:  # noqa: ANN401 - nbformat has no types
        told = notebook_state.change(self.client.nb)
        try:
            cell.outputs.extend(last_words.say(told, why, undo=not self.at_once))
        except KeyboardInterrupt:
            cell.outputs.extend(last_words.say(told, why, undo=False))


def run_cells(client: Any, plain: Callable[[Any], None]) -> None:  # noqa: ANN401 - papermill has no types
    """Run the cells by `plain`, papermill's own loop, and end the run as it has to end."""
    if not notebook_state.ours(client.nb):
        plain(client)
        return
    run = Run(client)
    _take(run)
    with run.stoppable():
        try:
            plain(client)
        except NotBegun:
            run.end(run.why)
        except DeadKernelError:
            run.end_without_kernel(DIED)
            raise
        except BaseException as error:
            if run.at_once:
                run.end_without_kernel(run.why)
            else:
                run.end(f"papermill stopped: {type(error).__name__}: {error}")
            raise
        if run.why or notebook_state.change(client.nb):
            run.end(run.why or "the cells ended, and none had confirmed the change")


def _take(run: Run) -> None:
    """Have papermill begin, complete and save cells so in this run."""
    client, manager = run.client, run.client.nb_man

    def save() -> None:
        _save(manager)

    def begin(cell: Any, index: int, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - likewise
        if run.why and not run.settled:
            raise NotBegun(run.why)
        if cell.cell_type == "code" and _is_due(run, cell):
            save()
        return NotebookClient.execute_cell(client, cell, index, *rest, **named)

    client.execute_cell, manager.save = begin, save
    if manager.autosave_cell_every == PAPERMILLS:
        manager.autosave_cell_every = AUTOSAVE_S
    start, complete = (_unsaved(manager, do) for do in (manager.cell_start, manager.cell_complete))

    def completed(cell: Any, *rest: Any, **named: Any) -> None:  # noqa: ANN401 - likewise
        # papermill does so in its `finally`.
        if isinstance(sys.exc_info()[1], NotBegun):
            notebook_state.never_ran(cell)
        else:
            complete(cell, *rest, **named)

    manager.cell_start, manager.cell_complete = start, completed


def _is_due(run: Run, cell: Any) -> bool:  # noqa: ANN401 - likewise
    """Whether what the cells came to so far is to be saved before the next one begins.

    Each save writes all. Cells that only look may follow each other within a tenth of a second.
    What they say is saved a moment later then, also if the next one takes long (`AUTOSAVE_S`). The
    first page is saved as soon as there is one, and all that was shown before the cell that arms.
    """
    manager, begun = run.client.nb_man, run.has_first_page
    run.has_first_page = notebook_state.has_first_page(manager.nb)
    told = run.has_first_page and not begun
    if told or ARMS in cell.source or notebook_state.change(manager.nb) is not None:
        return True
    return bool((manager.now() - manager.last_save_time).total_seconds() >= SAVE_S)


def _unsaved(manager: Any, do: Callable[..., None]) -> Callable[..., None]:  # noqa: ANN401 - likewise
    """Do it without a save: the next cell that runs, or the run's end, saves what came of it.

    papermill saves at the begin and at the end of each cell, of text too. Each save writes all.
    """

    def quietly(*given: object, **named: object) -> None:
        saves, manager.save = manager.save, lambda **_: None
        try:
            do(*given, **named)
        finally:
            manager.save = saves

    return quietly


def _save(manager: Any) -> None:  # noqa: ANN401 - likewise
    """Once there is a change, a notebook that cannot be written stops nothing."""
    notebook_state.mend(manager.nb)
    try:
        save_at_work.save(manager)
    except OSError as error:
        if not notebook_state.change(manager.nb):
            raise
        manager.last_save_time = manager.now()
        log.error("The notebook cannot be written: %s. The change continues.", error)  # noqa: TRY400 - an operator needs no traceback
