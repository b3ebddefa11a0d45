"""A spread of the matrix: whatever dies, the host is as before, or as promised and confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from tests.faults import (
    cases,
    guest_cases,
    guest_matrix,
    injections,
    matrix,
    operator_cases,
    operator_disk,
)
from tests.faults.judging import Result

from runbook.lab import lab as labs


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for whatever is played; the lab is down in the end."""
    yield Path(tmp_path_factory.mktemp("faults"))
    labs.down(lambda _text: None)


@pytest.fixture(scope="module")
def results(lab: Path) -> list[Result]:
    home = matrix.make_home(lab / "hosts")
    ground = matrix.ground("bookworm", "static", home)
    drawn = chain(cases.spread(ground), operator_cases.spread(ground))
    return matrix.play_all(drawn, home, lambda _result: None)


@pytest.fixture(scope="module")
def of_guests(lab: Path, results: list[Result]) -> list[Result]:
    """On hosts that the other spread has booted."""
    assert results
    home = guest_matrix.make_home(lab / "guests")
    # Emulated guests share the cores: with two hosts it is over soonest.
    places = guest_matrix.places(home, hosts=2)
    ground = guest_matrix.ground(places)
    two = islice(guest_cases.spread(ground), 2)
    return guest_matrix.play_all(two, places, lambda _result: None)


def test_every_step_is_hit_by_every_fault_that_can_come_anywhere(tmp_path: Path) -> None:
    """The matrix is drawn from the plan: a step that is new in it needs no new test."""
    ground = matrix.ground("bookworm", "static", matrix.make_home(tmp_path))
    drawn = list(cases.matrix(ground))
    for fault in injections.ANYWHERE:
        hit = {case.point.split()[1] for case in drawn if case.fault == fault and case.what}
        assert hit == {str(numbered.number) for numbered in ground.plan.steps()}, fault
    assert len(drawn) >= 150
    for fault in operator_disk.FAULTS:
        here = (case for case in operator_cases.matrix(ground) if case.fault == fault)
        hit = {case.point.split()[1] for case in here if case.what}
        assert hit == {str(numbered.number) for numbered in ground.plan.steps()}, fault


# Some twenty cases, six at a time, some of which wait for a deadline.
@pytest.mark.timeout(900)
def test_no_host_is_lost_and_none_is_left_in_between(results: list[Result]) -> None:
    assert not bad(results), "\n".join(bad(results))
    assert len(results) >= 20


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_a_guest_is_as_before_or_as_promised_and_its_record_says_which(
    of_guests: list[Result],
) -> None:
    assert not bad(of_guests), "\n".join(bad(of_guests))
    assert len({result.end for result in of_guests}) > 1


def bad(results: list[Result]) -> list[str]:
    return [f"{r.case.fault} at {r.case.where}: {r.end}\n{r.why}" for r in results if not r.good]
