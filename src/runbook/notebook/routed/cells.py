"""What routed.ipynb imports: one call a cell, each returns what the next one demands.

The notebook shows the cells in their order. A run that stops on purpose (mode is plan, nothing
to do, not approved) hands a `Stopped` from cell to cell. A run that fails writes its result into
the record first and raises then, so papermill's exit status is not zero.
"""

from __future__ import annotations

from runbook.notebook.routed.change import apply, arm, confirm, verify
from runbook.notebook.routed.close import after, finish
from runbook.notebook.routed.look import choose, look, meet, parameters, settle, wiring
from runbook.notebook.routed.plan import plan, preflight

__all__ = [
    "after",
    "apply",
    "arm",
    "choose",
    "confirm",
    "finish",
    "look",
    "meet",
    "parameters",
    "plan",
    "preflight",
    "settle",
    "verify",
    "wiring",
]


def __dir__() -> list[str]:
    """What tab completion offers after `nb.`: the calls of the cells, and no module."""
    return list(__all__)
