"""Signals to papermill and to the notebook's kernel: while a cell is at work, and between two."""

from __future__ import annotations

import os
import signal
import time

from tests.faults.injections import Injection
from tests.faults.scene import Scene

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
VARIABLE = "RUNBOOK_FAULT_SIGNAL"
BOUNDARY = "after cell "
# The calls of routed.ipynb after which there is something to end.
CALLS = (
    *("nb.parameters(", "nb.meet(", "nb.look(", "nb.plan(", "nb.preflight(", "nb.arm("),
    *('nb.apply(armed, "prepare"', 'nb.apply(prepared, "network"'),
    *('nb.apply(networked, "cutover"', 'nb.apply(cut_over, "settle"'),
    *("nb.verify(", "nb.confirm(", "nb.after("),
)
TWICE_S = 0.3


def to_papermill(name: str) -> Injection:
    """Sent to papermill while a cell is at work."""

    def inject(scene: Scene) -> None:
        os.kill(scene.program.pid, signal.Signals[name])
        _ends(scene)

    return inject


def to_papermill_twice(scene: Scene) -> None:
    """Somebody who does not want to wait presses Ctrl-C again."""
    os.kill(scene.program.pid, signal.SIGINT)
    scene.go()
    time.sleep(TWICE_S)
    if scene.program.poll() is None:
        os.kill(scene.program.pid, signal.SIGINT)
    _ends(scene)


def to_kernel(scene: Scene) -> None:
    """The kernel alone gets it."""
    os.kill(scene.kernel, signal.SIGTERM)
    _ends(scene)


def to_both(scene: Scene) -> None:
    """As when a service manager stops a unit."""
    os.kill(scene.kernel, signal.SIGTERM)
    os.kill(scene.program.pid, signal.SIGTERM)
    _ends(scene)


def at_boundary(scene: Scene) -> None:
    """Sent by papermill to itself, between two cells."""
    _ends(scene)


def _ends(scene: Scene) -> None:
    """How the host is when papermill has ended."""
    scene.go()
    scene.end_program()
    scene.armed_at_exit = scene.armed()
    scene.from_now("papermill's end")
    if scene.armed_at_exit:
        scene.from_deadline()
