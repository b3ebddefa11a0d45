"""What a cell returns: DataFrames, names to find them by, and a line that says what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pandas as pd
import pytest
from tests.unit.notebook.conftest import CHANGE, MadeUp

from runbook.notebook.desk import cells as desk
from runbook.notebook.guest import cells as guest
from runbook.notebook.routed import cells as nb
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.runs import Stopped
from runbook.notebook.shared.values import (
    Before,
    ChangeUnderway,
    ClearedPlan,
    ConfirmedChange,
    Finished,
    Planned,
    VerifiedChange,
)
from runbook.notebook.survey import cells as survey
from runbook.notebook.undo import cells as undo
from runbook.plan.plan import PHASES
from runbook.state.snapshot import TABLES

Answer = Callable[[str | BaseException], None]
OF_A_RUN = ["change_id", "host", "record"]


@pytest.fixture
def before(made_up: MadeUp) -> Before:
    assert made_up
    asked = nb.parameters({"host": "server-01"})
    return nb.look(nb.settle(nb.choose(nb.meet(asked))))


@pytest.fixture
def chain(before: Before, answer: Answer) -> list[CellValue | None]:
    """What each cell of a change returns, from the state before on."""
    answer("server-01")
    planned = nb.plan(before)
    cleared = nb.preflight(planned)
    change = nb.arm(cleared)
    for phase in PHASES:
        change = nb.apply(change, phase)
    seen = nb.verify(change)
    kept = nb.confirm(seen)
    return [before, planned, cleared, change, seen, kept, nb.after(kept)]


def cells() -> Iterator[tuple[ModuleType, str]]:
    for module in (nb, guest, undo, survey):
        for name in module.__all__:
            yield module, name
    yield desk, "hosts"


@pytest.mark.parametrize(("module", "name"), list(cells()), ids=str)
def test_whatever_a_cell_returns_says_what_it_is(module: ModuleType, name: str) -> None:
    told: Any = get_type_hints(getattr(module, name))["return"]
    for kind in get_args(told) or (told,):
        assert kind is type(None) or issubclass(kind, CellValue)


def test_every_table_of_the_state_is_a_dataframe_whose_columns_are_explained(
    before: Before,
) -> None:
    for table in TABLES:
        assert getattr(before, table.name).equals(before.snapshot.table(table.name))
        said = vars(Before.__mro__[2])[table.name].__doc__
        assert all(name in said and what.meaning in said for name, what in table.columns.items())
        rows = before.columns.query("table == @table.name")
        assert rows["column"].tolist() == list(table.columns)
    assert "bytes" in before.columns.query("table == 'links' and column == 'mtu'")["meaning"].item()


def test_completion_offers_what_is_of_use_and_nothing_else(before: Before) -> None:
    assert dir(before) == sorted([*OF_A_RUN, "columns", *(table.name for table in TABLES)])
    assert dir(nb.plan(before)) == sorted([*OF_A_RUN, "steps"])


def test_what_a_person_does_to_a_dataframe_reaches_no_plan(before: Before) -> None:
    digest = before.snapshot.digest()
    before.routes["gateway"] = "172.16.0.9"
    before.links["mtu"] = 0
    assert before.snapshot.digest() == digest
    assert before.routes.equals(before.snapshot.routes)
    # A frozen dataclass with slots says either.
    with pytest.raises((AttributeError, TypeError)):
        before.routes = pd.DataFrame()


def test_each_cell_of_a_change_offers_what_it_is_about(chain: list[CellValue]) -> None:
    found, planned, cleared, change, seen, kept, finished = chain
    assert isinstance(found, Before)
    assert found.routes.query("dst == 'default'")["gateway"].tolist() == ["172.16.0.1"]
    assert isinstance(planned, Planned)
    assert list(planned.steps) == ["step", "phase", "what", "from", "to", "undo"]
    assert isinstance(cleared, ClearedPlan)
    assert list(cleared.findings)[:4] == ["level", "about", "seen", "why"]
    assert cleared.probes["answered"].tolist() == [True]
    assert isinstance(change, ChangeUnderway)
    assert change.journal["step"].tolist() == planned.steps["step"].tolist()
    assert isinstance(seen, VerifiedChange)
    assert list(seen.checks) == ["about", "promised", "seen", "kept", "required"]
    assert isinstance(kept, ConfirmedChange)
    assert kept.checks.equals(seen.checks)
    assert isinstance(finished, Finished)
    assert "addresses" in finished.diff["table"].tolist()
    assert finished.addresses["ifname"].tolist() != found.addresses["ifname"].tolist()


def test_a_line_and_a_card_say_which_host_which_change_and_which_dataframes(
    chain: list[CellValue],
) -> None:
    for value in chain:
        frames = [
            name for name in dir(value) if isinstance(getattr(type(value), name), FrameProperty)
        ]
        assert frames
        for said in (repr(value), value._repr_html_()):
            assert all(word in said for word in ("server-01", CHANGE, *frames))
        assert "\n" not in repr(value)
        assert len(repr(value)) < 600
    found, planned = chain[:2]
    assert repr(found).startswith(f"<before: host server-01, change {CHANGE}; DataFrames: links (")
    assert f"steps {len(planned.steps)}" in repr(planned)  # type: ignore[attr-defined]


def test_how_far_a_change_came_is_in_its_line(before: Before, answer: Answer) -> None:
    answer("server-01")
    change = nb.arm(nb.preflight(nb.plan(before)))
    assert isinstance(change, ChangeUnderway)
    number = len(change.steps)
    assert f"made 0 of {number} steps" in repr(change)
    nb.apply(change, "prepare")
    (made,) = {len(change.underway.armed.plan.steps("prepare"))}
    assert f"made {made} of {number} steps" in repr(change)
    assert "UTC unless confirmed" in repr(change)


def test_a_run_that_stopped_says_why(before: Before, answer: Answer) -> None:
    answer("no")
    stopped = nb.arm(nb.preflight(nb.plan(before)))
    assert isinstance(stopped, Stopped)
    assert "planned only" in repr(stopped)
    assert "'no' was typed" in repr(stopped)


def test_what_a_host_calls_itself_is_no_html_and_drives_no_terminal(made_up: MadeUp) -> None:
    seen = made_up.seen
    name = "<b>\x1b[31m"
    made_up.seen = replace(seen, identity=replace(seen.identity, hostname=name))
    met = nb.meet(nb.parameters({"host": "server-01"}))
    assert "\x1b" not in repr(met)
    assert "<b>" not in met._repr_html_()
    assert "&lt;b&gt;" in met._repr_html_()
