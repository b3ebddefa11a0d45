"""A spread of the matrix: whatever dies, the host is as before, or as promised and confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults import cases, injections, matrix
from tests.faults.judging import Result

from runbook.lab import lab as labs


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Result]]:
    home = matrix.make_home(Path(tmp_path_factory.mktemp("faults")))
    ground = matrix.ground("bookworm", "static", home)
    yield matrix.play_all(cases.spread(ground), home, lambda _result: None)
    labs.down(lambda _text: None)


def test_every_step_is_hit_by_every_fault_that_can_come_anywhere(tmp_path: Path) -> None:
    """The matrix is drawn from the plan: a step that is new in it needs no new test."""
    ground = matrix.ground("bookworm", "static", matrix.make_home(tmp_path))
    drawn = list(cases.matrix(ground))
    for fault in injections.ANYWHERE:
        hit = {case.point.split()[1] for case in drawn if case.fault == fault and case.what}
        assert hit == {str(numbered.number) for numbered in ground.plan.steps()}, fault
    assert len(drawn) >= 150


# Some sixteen cases, six at a time, some of which wait for a deadline.
@pytest.mark.timeout(900)
def test_no_host_is_lost_and_none_is_left_in_between(results: list[Result]) -> None:
    bad = [f"{r.case.fault} at {r.case.where}: {r.end}\n{r.why}" for r in results if not r.good]
    assert not bad, "\n".join(bad)
    assert len(results) >= 14
