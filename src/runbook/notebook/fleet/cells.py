"""What fleet.ipynb imports: one notebook on many hosts, with a plan of all before the first change.

Each host has a papermill process of its own; this notebook begins them and looks on.
"""

from __future__ import annotations

from runbook.notebook.fleet.request import parameters
from runbook.notebook.fleet.stages import approve, change, plan, record

__all__ = ["approve", "change", "parameters", "plan", "record"]
