"""The bound on new SSH connections."""

from __future__ import annotations

import pytest
from tests.unit import fakes

from runbook.transport.pace import MOST, Pace


def moments(gaps: list[float]) -> list[float]:
    """When each connection is made, if somebody wants the next one so much after the last."""
    clock = fakes.Time()
    pace = Pace(clock)
    made = []
    for gap in gaps:
        clock.sleep(gap)
        pace.wait()
        made.append(clock.seconds)
    return made


@pytest.mark.parametrize("gaps", [[0.0] * 20, [0.2] * 40, [1.0, 0.0, 0.0, 29.0] * 6, [7.0] * 20])
def test_there_are_never_more_than_five_in_thirty_seconds(gaps: list[float]) -> None:
    made = moments(gaps)
    for start in made:
        assert sum(start <= other < start + 30 for other in made) <= MOST == 5


def test_a_change_without_trouble_waits_for_nothing() -> None:
    # The session, the pulse, the verification, the confirmation, the state after.
    assert moments([0.0, 1.0, 5.0, 1.0, 1.0]) == [0.0, 1.0, 6.0, 7.0, 8.0]
