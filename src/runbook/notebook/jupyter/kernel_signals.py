"""A kernel that papermill started and that is told to end undoes an armed change first.

Whoever stops a service sends SIGTERM to papermill and to its kernel, and a closed terminal sends
SIGHUP. A cell at work is interrupted, so that it ends as any failed cell does. Where somebody is
at the notebook, the kernel ends at once: the change stays armed, and that person can take it up.
Loaded into each kernel by scripts/ipython_kernel_config.py.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from runbook.notebook.jupyter.unattended import may_write, somebody_there

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no annotations
    """Have this kernel end so."""
    ending = Ending(shell)
    shell.events.register("pre_execute", ending.begin)
    shell.events.register("post_execute", ending.end)
    for number in SIGNALS:
        # `nohup` has SIGHUP ignored, and that is inherited.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, ending.hear)


@dataclass(slots=True)
class Ending:
    """Whether a cell is at work, and what a signal then does."""

    shell: Any
    busy: bool = False

    def begin(self) -> None:
        """A cell begins."""
        self.busy = True

    def end(self) -> None:
        """A cell has ended."""
        self.busy = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """End the cell that is at work, or the kernel."""
        del frame
        name = signal.Signals(number).name
        if not somebody_there() and may_write():
            if self.busy:
                raise KeyboardInterrupt(f"the kernel got {name}")
            self._undo(name)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _undo(self, name: str) -> None:
        # A kernel that runs no notebook of this package is not to load all of it.
        from runbook.notebook.shared.stopping import stop  # noqa: PLC0415

        # What it came to is in the record; there is no page any more to show it on.
        with suppress(Exception):
            stop(self.shell.user_ns, f"the kernel got {name}")
