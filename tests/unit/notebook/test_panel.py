"""What the buttons of an armed change do, whatever cell is at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from tests.unit.notebook.conftest import CHANGE, WHEN, MadeUp

from runbook import notebook as nb
from runbook import record
from runbook.errors import ConnectionLost, RolledBack, StepFailed
from runbook.more_time import Longer
from runbook.notebook import panel
from runbook.notebook.panel import Panel
from runbook.notebook.values import Changing
from runbook.notebook.watching import Watch
from runbook.plan import PHASES
from runbook.views import Slot

Answer = Callable[[str | BaseException], None]


@dataclass
class Looking:
    """Stands in for what looks on."""

    beside: list[Slot] = field(default_factory=list)
    aftermath: Slot = field(default_factory=Slot)


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the host by a button; each is done before the press returns."""
    asked: list[str] = []
    monkeypatch.setattr(panel, "in_background", lambda call, _: call())
    monkeypatch.setattr(panel, "command", lambda step, _: asked.append(step.argv[0]))
    return asked


def armed(answer: Answer) -> tuple[Changing, Panel]:
    answer("server-01")
    asked = nb.parameters({"host": "server-01"})
    before = nb.look(nb.settle(nb.choose(nb.meet(asked))))
    change = nb.arm(nb.preflight(nb.plan(before)))
    assert isinstance(change, Changing)
    return change, Panel(change, cast("Watch", Looking()))


def said(one: Panel) -> str:
    return str(one.shown.line.value)


def recorded(home: Path) -> record.Recorded:
    return record.read(home / "outputs" / "server-01" / CHANGE)


def test_a_change_that_is_not_all_made_is_not_confirmed(
    made_up: MadeUp, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    nb.apply(change, "prepare")
    buttons.press("confirm")
    assert "not all made" in said(buttons)
    assert "confirm" not in made_up.done
    assert pressed == []


def test_while_a_cell_is_at_work_confirm_says_so_and_does_nothing(
    made_up: MadeUp, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    with change.before.run.folder.alone():
        buttons.press("confirm")
    assert "a cell is at work" in said(buttons)
    assert not {"verify", "confirm"} & set(made_up.done)
    assert pressed == []


def test_an_undo_is_begun_on_the_host_before_anything_is_waited_for(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    nb.apply(change, "prepare")
    buttons.press("undo now")
    assert pressed == ["systemd-run"]
    assert made_up.done[-1] == "roll back"
    told = recorded(home)
    assert told.told == "as before (rolled back)"
    assert told.outcome["said"] == "undone, because: the button 'undo now' was pressed"


def test_an_undo_that_left_a_row_behind_is_told_as_such(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    assert change.hand.why == ""
    made_up.fails["roll back"] = ValueError("the journal is gone")
    buttons.press("undo now")
    assert recorded(home).told == "unknown: go to the console"
    assert "the journal is gone" in said(buttons)
    assert pressed == ["systemd-run"]


def test_confirmed_by_the_button_the_cells_below_only_finish_the_record(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    buttons.press("confirm")
    assert "the change stays" in said(buttons)
    assert made_up.done.count("confirm") == 1
    nb.finish(nb.after(nb.confirm(nb.verify(change))))
    assert made_up.done.count("verify") == made_up.done.count("confirm") == 1
    assert recorded(home).told == "as promised"
    assert pressed == []


def test_what_was_confirmed_is_not_undone_by_a_late_press(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    kept = nb.confirm(nb.verify(change))
    buttons.press("undo now")
    assert "it is not undone" in said(buttons)
    assert pressed == []
    assert "roll back" not in made_up.done
    nb.finish(nb.after(kept))
    assert recorded(home).told == "as promised"


def test_an_undo_that_could_not_be_asked_for_is_no_reason_of_a_later_one(
    made_up: MadeUp, home: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch, pressed: list[str]
) -> None:
    change, buttons = armed(answer)

    def lost(_step: object, _host: object) -> None:
        raise ConnectionLost("gone", host="server-01", state="unknown", then="wait")

    monkeypatch.setattr(panel, "command", lost)
    buttons.press("undo now")
    assert "gone" in said(buttons)
    made_up.fails["prepare"] = StepFailed("disk full", host="server-01", state="x", then="y")
    with pytest.raises(RolledBack):
        nb.apply(change, "prepare")
    assert recorded(home).outcome["said"] == "undone, because: disk full"
    assert pressed == []


def test_a_fault_of_the_program_in_a_button_is_said_and_undoes_the_change(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    made_up.fails["verify"] = ValueError("a fault")
    buttons.press("confirm")
    assert "a fault" in said(buttons)
    assert made_up.done[-1] == "roll back"
    assert recorded(home).told == "as before (rolled back)"
    assert pressed == []


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("left", [(), ("vm-01 puts itself back at 12:01:30 UTC",)])
@pytest.mark.parametrize("moved", [(), ("vm-02",)])
def test_more_time_says_until_when_and_which_guest_has_none(
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    pressed: list[str],
    left: tuple[str, ...],
    moved: tuple[str, ...],
) -> None:
    change, buttons = armed(answer)
    later = replace(change.underway.armed, deadline=WHEN + timedelta(minutes=9))
    monkeypatch.setattr(panel, "more_time", lambda *_: Longer(later, left, moved))
    buttons.press("more time")
    assert "the host waits until 12:09:00 UTC" in said(buttons)
    assert all(line in said(buttons) for line in left)
    assert ("and so does each guest" in said(buttons)) == (bool(moved) and not left)
    assert ("and so does" in said(buttons)) == bool(moved)
    assert ("confirm before the first of them" in said(buttons)) == bool(left)
    # The deadline that is shown is the host's, whatever became of the guests.
    assert change.underway.armed == later
    assert pressed == []
