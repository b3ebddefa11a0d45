"""The cells that lead back into a change another run began; `runbook undo` goes the same way.

::

    asked = parameters(globals())     decided = decide(seen)
    met   = meet(asked)               done    = do(decided)
    seen  = look(met)                 record(done)
"""

from __future__ import annotations

from runbook.notebook.undo.end import decide, do, record
from runbook.notebook.undo.look import look, meet, parameters, want

__all__ = ["decide", "do", "look", "meet", "parameters", "record", "want"]
