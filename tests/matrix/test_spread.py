"""A spread of the matrix: as promised after a reboot and after restarts, and undone as before."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.matrix import grounds
from tests.matrix.course import FINE, STAGES, MatrixRun

from runbook.lab import lab as labs


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_it_lasts_and_can_be_undone(tmp_path: Path) -> None:
    played = list(grounds.play(grounds.spread(), tmp_path, lambda _course: None))
    labs.down(lambda _text: None)
    assert all(course.good for course in played), "\n".join(map(grounds.row, played))
    assert len(played) == len(grounds.spread())


def test_every_variant_is_in_the_matrix_once() -> None:
    every = grounds.everything()
    assert len(set(every)) == len(every) == 36 + 6 + 3
    assert set(grounds.spread()) <= set(every)


def test_a_service_that_stopped_working_is_counted_and_no_row_is_good_with_it() -> None:
    variant = grounds.full_of_services()[0]
    stages = tuple((stage, FINE) for stage in STAGES)
    assert MatrixRun(variant, stages, (7, 7)).good
    broken = MatrixRun(variant, stages, (6, 7))
    assert not broken.good
    assert "6 of 7 (own)" in grounds.row(broken)
