"""What history.ipynb imports: what happened to one host, and any two of its states.

Nothing is written, neither on the host nor in outputs/.
"""

from __future__ import annotations

from runbook.notebook.history.compare import compare
from runbook.notebook.history.look import guests, look, parameters

__all__ = ["compare", "guests", "look", "parameters"]
