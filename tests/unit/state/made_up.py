"""Snapshots of anything at all, for what has to hold of every snapshot."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.unit.hosts import snapshot

from runbook.state.snapshot import TABLES, Snapshot
from runbook.state.table import Table

Row = dict[str, Any]
Rows = dict[str, list[Row]]
EMPTY = snapshot()
# Few words, so that rows meet; strange ones, because a host may hold them.
WORDS = ("", "enp4s0f0", "172.16.1.1", 'a "b"\n', "\u00e9\u2028", "f\udcfcr", "NA", "nan", "None")
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "str": st.sampled_from(WORDS),
    "bool": st.booleans(),
    "int64": st.sampled_from([0, 1, -(2**63), 2**63 - 1]),
    "Int64": st.sampled_from([None, 0, 2**53 + 1]),
    "Float64": st.sampled_from([None, 0.0, 0.1, 15.0]),
}


def rows_of(table: Table[Any]) -> st.SearchStrategy[Row]:
    """A row of the table."""
    return st.fixed_dictionaries({n: CELLS[c.dtype] for n, c in table.columns.items()})


def rows() -> st.SearchStrategy[Rows]:
    """Some rows of some tables."""
    some = st.lists(st.sampled_from(TABLES), max_size=3, unique_by=lambda table: table.name)
    return some.flatmap(
        lambda tables: st.fixed_dictionaries(
            {t.name: st.lists(rows_of(t), min_size=1, max_size=3) for t in tables}
        )
    )


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Some rows of some tables, as a snapshot."""
    return rows().map(holding)


def holding(rows: Rows) -> Snapshot:
    """A snapshot that holds whole rows of these tables, and nothing else."""
    return snapshot(**rows)
