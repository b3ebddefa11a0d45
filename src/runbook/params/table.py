"""The parameters as the operator sees them."""

from __future__ import annotations

import pandas as pd

from runbook.params.access import KnownHost
from runbook.params.model import NAMES
from runbook.params.source import DEFAULT


def as_table(params: KnownHost) -> pd.DataFrame:
    """Columns field, value, source, all text; one row a parameter, '' where unset."""
    rows = [
        (name, _text(getattr(params, name)), str(params.sources.get(name, DEFAULT)))
        for name in NAMES
        if name in type(params).model_fields
    ]
    return pd.DataFrame(rows, columns=["field", "value", "source"], dtype=object)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
