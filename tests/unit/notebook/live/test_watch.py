"""What the panel says in place of the countdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from tests.unit.notebook.conftest import WHEN, MadeUp

from runbook.notebook.live.watch import Watch
from runbook.notebook.routed import cells as nb
from runbook.notebook.shared.values import ChangeUnderway
from runbook.run.pulse import Pulse
from runbook.views import Picture


@pytest.mark.parametrize(
    ("silent_s", "words"),
    [
        (0.2, "the host answers, and its undo has not begun yet"),
        (30.0, "the host undoes the change, and has not answered since"),
    ],
)
def test_after_the_deadline_it_says_whether_the_host_answers(
    made_up: MadeUp, answer: Callable[[str | BaseException], None], silent_s: float, words: str
) -> None:
    assert made_up
    answer("server-01")
    asked = nb.parameters({"host": "server-01"})
    before = nb.look(nb.settle(nb.choose(nb.meet(asked))))
    change = nb.arm(nb.preflight(nb.plan(before)))
    assert isinstance(change, ChangeUnderway)
    late = replace(change.underway.armed, deadline=WHEN)
    change.hand.underway = replace(change.underway, armed=late)
    drawn: list[Picture] = []
    pulse = SimpleNamespace(signs=None, failed="", silent_s=silent_s, answers=[], events=[])
    watch = Watch(change, cast("Pulse", pulse), live=True)
    watch.beside.append(SimpleNamespace(draw=drawn.append, place=lambda: None))
    watch.place()
    assert words in drawn[-1].text
