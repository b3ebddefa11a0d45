"""Installed in papermill, a signal between two cells; installed in a kernel, a slow disk."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

SLOW_S = 2.0


def install(told: str) -> None:
    """`SIGNAL CALL`: papermill gets the signal when the cell with this call is complete."""
    from papermill.engines import NotebookExecutionManager  # noqa: PLC0415 - in papermill alone

    name, _, call = told.partition(" ")
    plain = NotebookExecutionManager.cell_complete
    sent: list[str] = []

    def complete(self: Any, cell: Any, *rest: Any, **named: Any) -> None:  # noqa: ANN401 - papermill has no types
        plain(self, cell, *rest, **named)
        if call in cell.source and not sent:
            sent.append(name)
            os.kill(os.getpid(), signal.Signals[name])

    NotebookExecutionManager.cell_complete = complete


def slow_down(flag: str) -> None:
    """Whatever is written to the disk takes some seconds while this file is there."""
    plain = os.fsync

    def fsync(descriptor: int) -> None:
        if Path(flag).exists():
            time.sleep(SLOW_S)
        plain(descriptor)

    os.fsync = fsync  # type: ignore[assignment]  # of files it is asked by their number alone
