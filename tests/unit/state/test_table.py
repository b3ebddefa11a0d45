from __future__ import annotations

import gc
from typing import Annotated, Any, NamedTuple, NoReturn

import pandas as pd
import pytest
from tests.unit.fakes import FakeHost
from tests.unit.state.recorded import as_documented

from runbook.common.errors import ConnectionLost, ReadFailed
from runbook.state.snapshot import TABLES
from runbook.state.table import NONSENSE, Table, frame, ordered, understood


class Row(NamedTuple):
    name: Annotated[str, "text"]
    amount: Annotated[int, "how many"]
    on: Annotated[bool, "whether"]
    stp: Annotated[int | None, "may be missing"]
    delay_s: Annotated[float | None, "seconds, may be missing"]


KEY = ("name", "amount")
TABLE = Table("own", Row, KEY, lambda _: (), ("on",))


def test_rows_come_in_the_order_of_the_key_and_in_their_types() -> None:
    cells = [("b", 2, True, None, None), ("a", 10, False, 1, 1.5), ("b", 1, True, 0, 2.0)]
    table = ordered([Row(*row) for row in cells], KEY)
    assert as_documented(table, TABLE)
    assert [row.amount for row in table] == [10, 1, 2]
    assert frame(Row, table)["stp"].tolist() == [1, 0, pd.NA]


def test_no_row_is_a_table_of_the_same_types() -> None:
    assert as_documented((), TABLE)


@pytest.mark.parametrize(
    "row",
    [
        ("a", "many", True, 1, 1.0),
        ("a", True, True, 1, 1.0),
        ("a", None, True, 1, 1.0),
        ("a", 1, True, "x", 1.0),
        ("a", 1, True, 1, 1),
        ("a", 1, 0, 1, 1.0),
        (b"a", 1, True, 1, 1.0),
    ],
)
def test_a_cell_that_is_not_as_documented_is_an_error(row: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="something else than"):
        ordered([Row(*row)], KEY)


def test_what_stays_is_all_that_does_not_move() -> None:
    assert TABLE.settled == ["name", "amount", "stp", "delay_s"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_what_it_holds(table: Table[Any]) -> None:
    assert set(table.key) <= set(table.columns)
    assert all(column.meaning for column in table.columns.values())


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


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_is_afterwards_as_it_was_also_if_reading_fails(*, before: bool) -> None:
    calls: list[bool] = []

    @understood
    def read(_: object) -> NoReturn:
        calls.append(gc.isenabled())
        raise ValueError

    (gc.enable if before else gc.disable)()
    try:
        with pytest.raises(ReadFailed):
            read(FakeHost())
        assert calls == [False]
        assert gc.isenabled() == before
    finally:
        gc.enable()
