"""What undo.ipynb imports: the cells that end a change which another run began.

`runbook undo` and `runbook confirm` call the same functions in the same order.
"""

from __future__ import annotations

from runbook.notebook.undo.end import decide, do, record
from runbook.notebook.undo.look import look, meet, parameters, want

__all__ = ["decide", "do", "look", "meet", "parameters", "record", "want"]


def __dir__() -> list[str]:
    """What tab completion offers after `nb.`: the calls of the cells, and no module."""
    return list(__all__)
