"""The guests' notebook: one call a cell, each returns what the next one demands.

::

    asked   = parameters(globals())     armed    = arm(cleared)
    met     = meet(asked)               made     = apply(armed, "prepare"), and the other phases
    before  = look(met)                 seen     = verify(made)
    entered = enter(before)             kept     = confirm(seen)
    planned = plan(entered)             finished = after(kept)
    cleared = preflight(planned)        finish(finished)

From the approval on it is the pipeline of every change. What was said in the
guests is kept in the record whichever way the run ends.
"""

from __future__ import annotations

from runbook.notebook.guest.look import enter, look, meet, parameters
from runbook.notebook.routed.change import apply, arm, confirm, verify
from runbook.notebook.routed.close import after, finish
from runbook.notebook.routed.plan import plan, preflight

__all__ = [
    "after",
    "apply",
    "arm",
    "confirm",
    "enter",
    "finish",
    "look",
    "meet",
    "parameters",
    "plan",
    "preflight",
    "verify",
]
