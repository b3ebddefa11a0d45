"""What revert.ipynb imports: one call a cell, each returns what the next one demands.

From the plan on the cells are those of routed.ipynb: a revert is a change of its own.
"""

from __future__ import annotations

from runbook.notebook.revert.look import look, meet
from runbook.notebook.revert.request import parameters, want
from runbook.notebook.routed.change import apply, arm, confirm, verify
from runbook.notebook.routed.close import after, finish
from runbook.notebook.routed.look import wiring
from runbook.notebook.routed.plan import plan, preflight

__all__ = [
    "after",
    "apply",
    "arm",
    "confirm",
    "finish",
    "look",
    "meet",
    "parameters",
    "plan",
    "preflight",
    "verify",
    "want",
    "wiring",
]


def __dir__() -> list[str]:
    """What tab completion offers after `nb.`: the calls of the cells, and no module."""
    return list(__all__)
