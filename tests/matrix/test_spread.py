"""A spread of the matrix: as promised after a reboot and after restarts, and undone as before."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.matrix import grounds

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
    assert len(set(every)) == len(every) == 36
    assert set(grounds.spread()) <= set(every)
