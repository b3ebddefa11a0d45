"""What survey.ipynb imports: look at a host, and describe it in params/.

Nothing is written on the host.
"""

from __future__ import annotations

from runbook.notebook.survey.look import choose, meet, parameters
from runbook.notebook.survey.write import draft, record, settle, write

__all__ = ["choose", "draft", "meet", "parameters", "record", "settle", "write"]


def __dir__() -> list[str]:
    """What tab completion offers after `nb.`: the calls of the cells, and no module."""
    return list(__all__)
