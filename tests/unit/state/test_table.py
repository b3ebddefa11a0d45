from __future__ import annotations

import gc
from operator import itemgetter
from typing import Annotated, Any, NamedTuple, NoReturn

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import FakeHost
from tests.unit.state.recorded import as_documented

from runbook.common.errors import ConnectionLost, ReadFailed
from runbook.state import ordering
from runbook.state.snapshot import TABLES
from runbook.state.table import NONSENSE, Table, frame, ordered, ordered_columns, understood


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


small = st.integers(0, 3)
cells_of_rows = st.lists(
    st.tuples(st.integers(0, 40).map(str), small, st.booleans(), st.none() | small, st.none())
)


@pytest.mark.parametrize("many", [1000, 8])
@given(told=cells_of_rows)
def test_the_order_is_that_of_the_whole_key_and_otherwise_as_it_was(
    told: list[tuple[Any, ...]], many: int
) -> None:
    key, whole = ("on", "name", "amount"), itemgetter(2, 0, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "MANY", many)
        by_rows = ordered([Row(*cells) for cells in told], key)
        by_columns = ordered_columns(Row, [list(column) for column in zip(*told, strict=True)], key)
    assert by_rows == by_columns == tuple(Row(*cells) for cells in sorted(told, key=whole))
    assert {type(row) for row in by_columns} <= {Row}


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


def test_a_cell_of_a_column_is_judged_likewise() -> None:
    good: list[list[Any]] = [["a", "b"], [1, 2], [True, False], [None, 1], [None, 1.0]]
    assert len(ordered_columns(Row, good, KEY)) == 2
    for at, odd in enumerate((b"b", True, 1, "x", 1)):
        wrong = [[*column[:1], odd] if at == place else column for place, column in enumerate(good)]
        with pytest.raises(TypeError, match="something else than"):
            ordered_columns(Row, wrong, KEY)


@given(cells_of_rows)
def test_a_data_frame_has_the_cells_of_the_rows(told: list[tuple[Any, ...]]) -> None:
    shown = frame(Row, [Row(*cells) for cells in told])
    found = [[None if cell is pd.NA else cell for cell in shown[name]] for name in Row._fields]
    assert found == ([list(column) for column in zip(*told, strict=True)] or [[]] * 5)
    assert [str(dtype) for dtype in shown.dtypes] == ["object", "int64", "bool", "Int64", "Float64"]


def test_what_is_done_to_a_data_frame_is_not_done_to_its_rows() -> None:
    rows = [
        Row("a", 1, on=True, stp=None, delay_s=None),
        Row("b", 2, on=True, stp=None, delay_s=None),
    ]
    shown = frame(Row, rows)
    shown.loc[0, "name"], shown.loc[0, "amount"], shown.loc[0, "stp"] = "c", 3, 1
    assert shown["name"].tolist() == ["c", "b"]
    assert shown["stp"].tolist() == [1, pd.NA]
    assert rows[0] == ("a", 1, True, None, None)


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
