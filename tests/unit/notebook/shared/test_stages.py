"""The marks of a run's stages, as the cells leave them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.notebook.conftest import MadeUp

from runbook.common.errors import RolledBack, StepFailed
from runbook.notebook.routed import cells as nb
from runbook.notebook.shared.ending import RunHasEnded
from runbook.notebook.shared.runs import Stopped
from runbook.notebook.shared.stages import RunProgress
from runbook.notebook.shared.values import ChangeUnderway
from runbook.plan.plan import PHASES

Answer = Callable[[str | BaseException], None]


def armed(answer: Answer, typed: str = "server-01") -> tuple[ChangeUnderway | Stopped, RunProgress]:
    answer(typed)
    asked = nb.parameters({"host": "server-01"})
    before = nb.look(nb.settle(nb.choose(nb.meet(asked))))
    return nb.arm(nb.preflight(nb.plan(before))), asked.course


def test_what_was_not_approved_is_not_called_done(made_up: MadeUp, answer: Answer) -> None:
    _, course = armed(answer, "no")
    assert course.marks["preflight"] == "done"
    assert course.marks["arm"] == "left out"
    assert "arm" not in made_up.done


def test_a_stage_that_is_left_out_is_never_shown_as_at_work_or_done(
    made_up: MadeUp, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    del made_up
    ended, course = armed(answer, "no")
    drawn: list[str] = []
    monkeypatch.setattr(RunProgress, "_draw", lambda self: drawn.append(self.marks["prepare"]))
    nb.apply(ended, "prepare")
    assert course.marks["prepare"] == "left out"
    assert drawn == ["left out"]


def test_after_an_undo_nothing_of_the_change_is_called_done(
    made_up: MadeUp, answer: Answer
) -> None:
    change, course = armed(answer)
    nb.apply(change, "prepare")
    made_up.fails["network"] = StepFailed("no", host="server-01", state="x", then="y")
    with pytest.raises(RolledBack):
        nb.apply(change, "network")
    assert [course.marks[name] for name in ("arm", "prepare", "network", "cutover", "record")] == [
        "done",
        "undone",
        "failed",
        "left out",
        "done",
    ]


def test_a_cell_run_when_it_is_not_its_turn_leaves_every_mark_as_it_was(
    made_up: MadeUp, answer: Answer
) -> None:
    change, course = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    nb.finish(nb.after(nb.confirm(nb.verify(change))))
    assert set(course.marks.values()) == {"done"}
    with pytest.raises(RunHasEnded):
        nb.apply(change, "cutover")
    assert set(course.marks.values()) == {"done"}
    assert made_up.done.count("cutover") == 1


def test_a_form_that_was_changed_has_what_follows_run_again_and_no_more(
    made_up: MadeUp, answer: Answer
) -> None:
    change, course = armed(answer)
    assert isinstance(change, ChangeUnderway)
    course.again_from("values")
    names = list(course.marks)
    again = {name for name in names if course.marks[name] == "again"}
    assert again == {"values", "before", "plan", "preflight"}
    assert course.marks["arm"] == "done"
    assert made_up.done[-1] == "arm"
