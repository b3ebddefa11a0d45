from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.hosts import WHO
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight import RefusedByPreflight, refuse_another_machine

ANOTHER = "b" * 32


def test_another_machine_than_the_one_pinned() -> None:
    found = refusal(machine_id=ANOTHER)
    assert (found.level, found.about) == ("block", "machine")
    assert WHO.machine_id in found.seen
    assert ANOTHER in found.seen


def test_another_machine_is_refused_before_anything_else_is_asked() -> None:
    with pytest.raises(RefusedByPreflight, match=ANOTHER):
        refuse_another_machine(fakes.params(machine_id=ANOTHER), WHO)
    refuse_another_machine(fakes.params(), WHO)


def test_a_machine_that_is_not_pinned_is_told_with_the_line_that_pins_it() -> None:
    found = told(look(), "note", "machine")
    assert f"params/server-01.yaml: machine_id: {WHO.machine_id}" in found.then


def test_the_machine_that_was_pinned_is_fine() -> None:
    assert told(look(machine_id=WHO.machine_id), "ok", "machine")
