"""What guest.ipynb imports: one call a cell, each returns what the next one demands.

From the plan on the cells are those of routed.ipynb. However the run ends, the record has what
was typed and shown in the guests.
"""

from __future__ import annotations

from runbook.notebook.guest.form import choose, settle
from runbook.notebook.guest.look import enter, look, meet
from runbook.notebook.guest.request import parameters
from runbook.notebook.routed.change import apply, arm, confirm, verify
from runbook.notebook.routed.close import after, finish
from runbook.notebook.routed.plan import plan, preflight

__all__ = [
    "after",
    "apply",
    "arm",
    "choose",
    "confirm",
    "enter",
    "finish",
    "look",
    "meet",
    "parameters",
    "plan",
    "preflight",
    "settle",
    "verify",
]


def __dir__() -> list[str]:
    """What tab completion offers after `nb.`: the calls of the cells, and no module."""
    return list(__all__)
