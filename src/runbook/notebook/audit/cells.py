"""What audit.ipynb imports: hold a host against its last confirmed record.

Nothing is written on the host.
"""

from __future__ import annotations

from runbook.notebook.audit.look import look, meet, parameters, record

__all__ = ["look", "meet", "parameters", "record"]
