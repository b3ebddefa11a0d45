"""The tables of a host's state as DataFrames of a cell's value: `before.routes`."""

from __future__ import annotations

from runbook.common.later import pd
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.state.snapshot import TABLES, Snapshot

BY_NAME = {table.name: table for table in TABLES}


def _frame(name: str) -> FrameProperty:
    """The table of this name; what its columns mean, with their units, is its docstring."""
    columns = BY_NAME[name].columns.items()
    meaning = (f"{column} ({about.dtype}): {about.meaning}" for column, about in columns)

    def read(value: StateTables) -> pd.DataFrame:
        return value.snapshot.table(name)

    return FrameProperty(read, "\n".join((f"The table {name} of the host's state.", "", *meaning)))


class StateTables(CellValue):
    """A value that has a snapshot; `columns` says what each column of each table means."""

    __slots__ = ()
    snapshot: Snapshot

    links = _frame("links")
    bridge_ports = _frame("bridge_ports")
    addresses = _frame("addresses")
    routes = _frame("routes")
    rules = _frame("rules")
    neighbours = _frame("neighbours")
    firewall = _frame("firewall")
    nftables = _frame("nftables")
    sysctl = _frame("sysctl")
    leases = _frame("leases")
    files = _frame("files")
    networks = _frame("networks")
    guests = _frame("guests")
    taps = _frame("taps")
    units = _frame("units")
    modules = _frame("modules")

    @FrameProperty
    def columns(self) -> pd.DataFrame:
        """What the columns of the other DataFrames mean: table, column, dtype, meaning (unit)."""
        rows = [
            (table.name, column, about.dtype, about.meaning)
            for table in TABLES
            for column, about in table.columns.items()
        ]
        return pd.DataFrame(rows, columns=["table", "column", "dtype", "meaning"])
