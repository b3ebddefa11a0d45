from __future__ import annotations

from typing import NoReturn

import pandas as pd
import pytest
from tests.unit.fakes import FakeHost
from tests.unit.state.recorded import as_documented

from runbook.common.errors import ConnectionLost, ReadFailed
from runbook.state.snapshot import TABLES
from runbook.state.table import NONSENSE, Table, frame, understood

COLUMNS = {
    "name": ("str", "text"),
    "count": ("int64", "how many"),
    "on": ("bool", "whether"),
    "stp": ("Int64", "may be missing"),
    "delay_s": ("Float64", "seconds, may be missing"),
}
TABLE = Table("own", COLUMNS, ("name", "count"), lambda _: frame(COLUMNS, (), ()), ("on",))


def test_rows_come_in_the_order_of_the_key_and_in_their_types() -> None:
    rows = [("b", 2, True, None, None), ("a", 10, False, 1, 1.5), ("b", 1, True, 0, 2)]
    table = frame(COLUMNS, TABLE.key, rows)
    assert as_documented(table, TABLE)
    assert table["count"].tolist() == [10, 1, 2]
    assert table["stp"].tolist() == [1, 0, pd.NA]


def test_no_row_is_a_table_of_the_same_types() -> None:
    assert as_documented(frame(COLUMNS, TABLE.key, ()), TABLE)


@pytest.mark.parametrize("row", [("a", "many", True, 1, 1.0), ("a", 1, True, "x", 1.0), ("a", 1)])
def test_a_row_that_is_not_as_documented_is_an_error(row: tuple[object, ...]) -> None:
    with pytest.raises(NONSENSE):
        frame(COLUMNS, TABLE.key, [row])


def test_what_stays_is_all_that_does_not_move() -> None:
    assert TABLE.settled == ["name", "count", "stp", "delay_s"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_what_it_holds(table: Table) -> None:
    assert set(table.key) <= set(table.columns)
    assert all(meaning for _, meaning in table.columns.values())
    types = {dtype for dtype, _ in table.columns.values()}
    assert types <= {"str", "int64", "bool", "Int64", "Float64"}


@pytest.mark.parametrize("error", NONSENSE, ids=lambda error: error.__name__)
def test_an_answer_without_sense_says_of_which_host_and_what(error: type[Exception]) -> None:
    def read(_: object) -> NoReturn:
        raise error("12 bytes")

    read.__module__ = "runbook.state.bridge_ports"
    with pytest.raises(ReadFailed, match=r"bridge ports makes no sense: .*12 bytes") as failed:
        understood(read)(FakeHost(name="server-07"))
    assert failed.value.host == "server-07"
    assert "bridge ports" in failed.value.then


def test_a_connection_that_breaks_stays_what_it_is() -> None:
    def read(_: object) -> NoReturn:
        raise ConnectionLost("gone", host="server-01", state="not known", then="look")

    with pytest.raises(ConnectionLost):
        understood(read)(FakeHost())
