"""What the matrix comes to: its exit status has to follow from the rows, the good and the bad."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.faults import table
from tests.faults.cases import CUT_OFF, Case
from tests.faults.judging import AS_BEFORE, BETWEEN, Result, Waited
from tests.faults.scene import Scene
from tests.faults.table import Table


def _nothing(_scene: Scene) -> None:
    """No fault."""


def case(fault: str, release: str = "bookworm") -> Case:
    return Case(release, "static", fault, "verify", "", _nothing)


def cut_off(seconds: float | None, *, seen: bool = True) -> Result:
    waited = Waited("deadline", seconds, 3.0, cut_off=seen)
    return Result(case(f"{CUT_OFF}: somehow"), AS_BEFORE, waited)


def test_a_median_over_what_is_promised_is_too_slow() -> None:
    assert not table.in_time([cut_off(1.0), cut_off(2.1), cut_off(5.0)])
    assert table.in_time([cut_off(1.0), cut_off(1.9), cut_off(5.0)])


def test_a_host_that_answered_all_the_time_makes_no_way_back_faster() -> None:
    thinking = Result(case("the operator thinks too long"), AS_BEFORE, Waited("deadline", 0.1, 1.0))
    assert not table.in_time([*[thinking] * 9, cut_off(3.0)])
    assert table.in_time([thinking])


def test_cases_that_were_to_show_it_and_did_not_are_not_in_time() -> None:
    assert not table.in_time([cut_off(0.1, seen=False)])
    assert not table.in_time([cut_off(None)])


def test_the_summary_counts_what_did_not_happen_and_tells_each_release_apart() -> None:
    broken = Result(case("power cut", "trixie"), BETWEEN, Waited("power back", 4.0, 5.0), "why")
    said = "\n".join(table.summary([cut_off(0.5), broken], 60.0))
    assert "bookworm: 1 cases; LOST: 0, IN BETWEEN: 0, THE RECORD LIES: 0, as before: 1" in said
    assert "trixie: 1 cases; LOST: 0, IN BETWEEN: 1, THE RECORD LIES: 0, as before: 0" in said
    assert "from deadline, cut off (1): the operator is let in, median 0.5 s" in said


def test_rows_are_kept_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "outputs" / "faults.csv"
    with Table(path) as rows:
        rows.tell(cut_off(0.5))
        (seen,) = csv.DictReader(path.read_text().splitlines())
    assert seen["fault"] == "cut off: somehow"
    assert (seen["end"], seen["cut_off"], seen["answered_s"]) == (AS_BEFORE, "True", "0.50")


def test_only_what_ended_well_counts_as_played(tmp_path: Path) -> None:
    path = tmp_path / "faults.csv"
    with Table(path) as rows:
        rows.tell(cut_off(0.5))
        rows.tell(Result(case("power cut", "trixie"), BETWEEN, Waited("power back", 4.0, 5.0), ""))
    assert table.ended_well(path) == {("bookworm", "cut off: somehow", "verify")}
