"""The parameters as the operator sees them."""

from __future__ import annotations

from typing import NamedTuple

from runbook.common.later import pd
from runbook.params.access import KnownHost
from runbook.params.model import NAMES
from runbook.params.source import DEFAULT


class ParameterRow(NamedTuple):
    """A parameter: its value as text, '' where unset, and where it came from."""

    field: str
    value: str
    source: str


def as_rows(params: KnownHost) -> tuple[ParameterRow, ...]:
    """One row a parameter."""
    return tuple(
        ParameterRow(name, _text(getattr(params, name)), str(params.sources.get(name, DEFAULT)))
        for name in NAMES
        if name in type(params).model_fields
    )


def as_table(params: KnownHost) -> pd.DataFrame:
    """Columns field, value, source, all text; one row a parameter, '' where unset."""
    return pd.DataFrame(list(as_rows(params)), columns=list(ParameterRow._fields), dtype=object)


def as_document(params: KnownHost) -> dict[str, dict[str, str]]:
    """The same for the record, by the parameter's name."""
    return {row.field: row._asdict() for row in as_rows(params)}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
