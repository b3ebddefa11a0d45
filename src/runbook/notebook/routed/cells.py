"""What the notebooks import: one call a cell, each returns what the next one demands.

::

    asked   = parameters(globals())     seen     = verify(settled_in)
    met     = meet(asked)               kept     = confirm(seen)
    offered = choose(met)               finished = after(kept)
    settled = settle(offered)           finish(finished)
    before  = look(settled)
    planned = plan(before)
    cleared = preflight(planned)
    armed   = arm(cleared)
    made    = apply(armed, "prepare"), and so on through the four phases

A run that stops on purpose (mode is plan, nothing to do, not approved) hands a
`Stopped` from cell to cell. A run that fails speaks its last word into the
record first and raises then, so that papermill's exit status is not zero.
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
