"""A run that is stopped between two cells: nothing armed is refused, an armed change is undone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import StdinNotImplementedError
from tests.unit.notebook.conftest import CHANGE, MadeUp

from runbook.common.errors import RolledBack
from runbook.notebook.jupyter import kernel_signals
from runbook.notebook.jupyter.uninterrupted import uninterrupted
from runbook.notebook.routed import cells as nb
from runbook.notebook.shared import stopping
from runbook.plan.plan import PHASES
from runbook.run import pipeline, record
from runbook.run.record import CHANGE_MIME, RunRecord

Answer = Callable[[str | BaseException], None]
NOBODY = StdinNotImplementedError()
WHY = "papermill got SIGTERM"


def recorded(home: Path) -> RunRecord:
    return record.read(home / "outputs" / "server-01" / CHANGE)


def run(cells: int) -> dict[str, Any]:
    """The values that the notebook has after so many of its cells."""
    value: Any = None
    names = ("asked", "met", "offered", "settled", "before", "planned", "cleared", "armed")
    calls: tuple[Callable[[Any], Any], ...] = (
        *(lambda _: nb.parameters({"host": "server-01"}), nb.meet, nb.choose, nb.settle),
        *(nb.look, nb.plan, nb.preflight, nb.arm),
        *(lambda change, phase=phase: nb.apply(change, phase) for phase in PHASES),
        *(nb.verify, nb.confirm),
    )
    values: dict[str, Any] = {}
    for name, call in zip((*names, *PHASES, "seen", "kept"), calls, strict=True):
        if len(values) == cells:
            break
        values[name] = value = call(value)
    return values


@pytest.mark.parametrize("cells", [8, 9, 12, 13])
def test_an_armed_change_is_undone_and_its_record_says_by_what(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, cells: int
) -> None:
    answer(NOBODY)
    values = run(cells)
    with pytest.raises(RolledBack, match=WHY):
        stopping.stop(values, WHY)
    assert made_up.done[-1] == "roll back"
    told = recorded(home).outcome
    assert told["outcome"] == "as before (rolled back)"
    assert WHY in str(told["said"])
    assert shown


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("cells", [5, 7])
def test_a_run_that_armed_nothing_is_refused(
    made_up: MadeUp, home: Path, answer: Answer, cells: int
) -> None:
    answer(NOBODY)
    values = run(cells)
    with pytest.raises(stopping.RunStopped, match=WHY):
        stopping.stop(values, WHY)
    assert "roll back" not in made_up.done
    told = recorded(home).outcome
    assert told["outcome"] == "refused"
    assert WHY in str(told["said"])


@pytest.mark.usefixtures("shown")
def test_a_confirmed_change_stays(made_up: MadeUp, home: Path, answer: Answer) -> None:
    answer(NOBODY)
    values = run(14)
    with pytest.raises(stopping.RunStopped):
        stopping.stop(values, WHY)
    assert "roll back" not in made_up.done
    assert recorded(home).outcome == {}


@pytest.mark.usefixtures("made_up", "home")
def test_the_notebook_names_its_change_before_anything_is_armed_and_says_how_far_it_came(
    shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    run(14)
    told = [t[CHANGE_MIME] for t in shown if isinstance(t, dict) and CHANGE_MIME in t]
    assert [each["state"] for each in told] == ["arming", "armed", "confirmed"]
    assert {each["change_id"] for each in told} == {CHANGE}
    assert told[1]["deadline"] == "2026-03-01T12:01:35+00:00"


def getting(number: int, call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call; the kernel gets the signal before it returns."""

    def hit(*given: object) -> object:
        result = call(*given)
        os.kill(os.getpid(), number)
        return result

    return hit


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process ends as a kernel of papermill's does that has a cell at work."""
    monkeypatch.setattr(kernel_signals, "somebody_there", lambda: False)
    monkeypatch.setattr(kernel_signals, "may_write", lambda: True)
    ending = kernel_signals.Ending(shell=None, busy=True)
    before = {number: signal.signal(number, ending.hear) for number in kernel_signals.SIGNALS}
    # What a shell started in the background ignores SIGINT; a kernel sets it for each cell.
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_the_undo_is_armed_undoes_the_change_in_the_same_cell(
    made_up: MadeUp,
    home: Path,
    shown: list[Any],
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    answer(NOBODY)
    monkeypatch.setattr(pipeline, "arm", getting(signal.Signals[name], made_up.arm))
    cleared = run(7)["cleared"]
    with pytest.raises(RolledBack):
        nb.arm(cleared)
    assert made_up.done[-2:] == ["arm", "roll back"]
    assert recorded(home).outcome["outcome"] == "as before (rolled back)"
    assert shown


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_the_host_confirms_comes_too_late_and_the_notebook_says_so(
    made_up: MadeUp,
    shown: list[Any],
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    answer(NOBODY)
    monkeypatch.setattr(pipeline, "confirm", getting(signal.Signals[name], made_up.confirm))
    run(14)
    assert "roll back" not in made_up.done
    assert f"{name} came while the host confirmed the change. The change stays" in str(shown)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_signal_breaks_off_an_undo_and_afterwards_each_does_again(number: int) -> None:
    before = signal.getsignal(number)
    with uninterrupted():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
