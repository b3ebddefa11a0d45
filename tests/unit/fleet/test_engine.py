"""The batches as they are gone through: when it stops, what it never tries again by itself."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit import fakes

from runbook.fleet.ends import FleetEnd, of_run, worst
from runbook.fleet.engine import Engine
from runbook.fleet.job import HostJob, JobResult
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger, LedgerState

GOOD, BAD = ("as promised", 0), ("as before (rolled back)", 1)
Told = tuple[str, int]


@dataclass
class Played(Executor):
    """Plays no job: each host ends as it is told to, or the worker is lost."""

    ends: Mapping[str, Told | None]
    jobs: list[HostJob] = field(default_factory=list)
    seconds: float = 1.0

    def submit(self, _deed: Callable[..., Any], /, *words: Any, **_more: Any) -> Future[Any]:  # noqa: ANN401
        (job,) = words
        self.jobs.append(job)
        future: Future[Any] = Future()
        end = self.ends.get(job.host, GOOD)
        if end is None:
            future.set_exception(RuntimeError("the worker is lost"))
        else:
            outcome = (
                {"outcome": end[0], "said": "why", "folder": f"/o/{job.host}"} if end[0] else {}
            )
            future.set_result(JobResult(job.host, end[1], outcome, self.seconds))
        return future


def plan(host: str, digit: str) -> HostEnd:
    return HostEnd(host=host, end=FleetEnd.PLANNED, plan=digit * 64)


def stood(host: str, _state: LedgerState) -> HostEnd:
    return HostEnd(host=host, end=FleetEnd.UNKNOWN, said="asked")


def engine(
    tmp_path: Path, ends: Mapping[str, Told | None], failures: int = 0, **more: object
) -> tuple[Engine, Played]:
    played, ledger = Played(ends), Ledger(tmp_path)
    batches = (("a",), ("b", "c"), ("d",))
    given = {"notebook": "n.ipynb", "sha256": "", "options": ("-p", "stp", "no"), **more}
    plan = FleetPlan.model_validate({**given, "batches": batches, "max_failures": failures})
    ledger.begin(fakes.NOON, plan)
    return Engine(ledger, played, fakes.Time(), lambda _line: None, stood), played


def changed(
    tmp_path: Path, ends: Mapping[str, Told | None], failures: int = 0
) -> tuple[LedgerState, list[str]]:
    made, played = engine(tmp_path, ends, failures)
    state = made.change()
    return state, [job.host for job in played.jobs]


@pytest.mark.parametrize(("host", "begun"), [("a", "a"), ("b", "abc"), ("c", "abc"), ("d", "abcd")])
@pytest.mark.parametrize(
    "end", [BAD, ("refused", 1), ("unknown: go to the console", 1), ("", 1), None]
)
def test_no_batch_begins_after_the_first_failure(
    tmp_path: Path, host: str, begun: str, end: Told | None
) -> None:
    state, played = changed(tmp_path, {host: end})
    assert played == list(begun)
    assert [failed.host for failed in state.failures] == [host]


def test_as_many_as_are_allowed_may_fail_over_the_whole_fleet(tmp_path: Path) -> None:
    _, played = changed(tmp_path, {"a": BAD, "c": BAD}, failures=1)
    assert played == ["a", "b", "c"]


@pytest.mark.parametrize(
    "end", [("as promised", 1), ("refused", 0), ("something else", 0), ("", 0)]
)
def test_a_run_whose_word_and_status_differ_is_asked_of_its_host(tmp_path: Path, end: Told) -> None:
    state, _ = changed(tmp_path, {"a": end})
    assert state.ended["a"].said == "asked"
    assert not state.ended["a"].end.good


def test_a_lost_worker_is_not_tried_again(tmp_path: Path) -> None:
    _, played = changed(tmp_path, {"a": None}, failures=4)
    assert played.count("a") == 1


def test_the_run_of_a_lost_worker_is_told_to_end(tmp_path: Path) -> None:
    made, _ = engine(tmp_path, {"a": None})
    made.change()
    assert (tmp_path / "a.interrupt").exists()
    assert not (tmp_path / "b.interrupt").exists()


def test_a_host_on_which_papermill_is_still_at_work_is_not_asked(tmp_path: Path) -> None:
    with (tmp_path / ".a.at-work").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state, _ = changed(tmp_path, {"a": None})
    assert state.ended["a"].end is FleetEnd.UNKNOWN
    assert "still at work" in state.ended["a"].said


def test_a_scheduler_that_takes_no_work_leaves_its_hosts_unknown(tmp_path: Path) -> None:
    class Gone(Executor):
        def submit(self, *_words: Any, **_more: Any) -> Future[Any]:  # noqa: ANN401
            raise RuntimeError("the scheduler is gone")

    made, _ = engine(tmp_path, {})
    state = replace(made, executor=Gone()).change()
    assert state.ended["a"].said == "asked"
    assert "b" not in state.begun


WINDOW = "2026-03-01T11:00+00:00/2026-03-01T12:00:30+00:00"


@pytest.mark.parametrize(
    ("window", "seconds", "begun"),
    [
        # Closed before it, closed after it, a batch would not end in it, open.
        ("2026-03-01T13:00+00:00/2026-03-01T14:00+00:00", 1.0, ""),
        ("2026-03-01T10:00+00:00/2026-03-01T11:00+00:00", 1.0, ""),
        (WINDOW, 60.0, "a"),
        (WINDOW, 1.0, "abcd"),
    ],
)
def test_no_batch_begins_that_would_not_end_in_the_window(
    tmp_path: Path, window: str, seconds: float, begun: str
) -> None:
    made, played = engine(tmp_path, {}, window=window)
    played.seconds = seconds
    made.change()
    assert [job.host for job in played.jobs] == list(begun)


@pytest.mark.parametrize(
    ("end", "begun"), [(FleetEnd.DRIFTED, "a"), (FleetEnd.AS_PROMISED, "abcd")]
)
def test_a_host_that_does_not_stay_as_promised_stops_the_fleet(
    tmp_path: Path, end: FleetEnd, begun: str
) -> None:
    made, played = engine(tmp_path, {}, pause_s=0.01)
    made = replace(made, audited=lambda one: one.model_copy(update={"end": end}))
    state = made.change()
    assert [job.host for job in played.jobs] == list(begun)
    assert state.ended["a"].end is end
    assert "a" in state.audits


def test_a_run_is_given_its_host_s_own_values_and_the_window(tmp_path: Path) -> None:
    made, played = engine(
        tmp_path, {}, given={"a": {"probes": ["10.0.0.1"]}}, window=WINDOW, keeps_window=True
    )
    made.change()
    assert played.jobs[0].options == (
        *("-p", "stp", "no", "-y", '{"probes": ["10.0.0.1"]}'),
        *("-r", "window", WINDOW),
    )
    assert "-y" not in played.jobs[1].options


def test_plans_that_have_not_begun_when_the_run_is_to_stop_never_begin(tmp_path: Path) -> None:
    made, _ = engine(tmp_path, {})

    def play(job: HostJob) -> JobResult:
        made.stop.set()
        time.sleep(0.5)
        return JobResult(job.host, 0, {"outcome": "planned only"}, 1.0)

    with ThreadPoolExecutor(1) as one_at_a_time:
        planned = replace(made, executor=one_at_a_time, play=play).plan(["a", "b", "c"])
    assert "a" in planned
    assert "c" not in planned


def test_once_it_is_to_stop_no_batch_begins(tmp_path: Path) -> None:
    made, played = engine(tmp_path, {})
    made.stop.set()
    assert made.change().ended == {}
    assert played.jobs == []


def test_hosts_that_are_as_promised_are_not_run_again(tmp_path: Path) -> None:
    made, played = engine(tmp_path, {"c": BAD})
    made.change()
    played.ends = {}
    made.ledger.host_ended(fakes.NOON, HostEnd(host="c", end=FleetEnd.PLANNED))
    made.change()
    assert [job.host for job in played.jobs] == ["a", "b", "c", "c", "d"]


def test_the_plan_of_each_host_writes_nothing_and_a_run_without_a_word_is_refused(
    tmp_path: Path,
) -> None:
    made, played = engine(
        tmp_path, {"a": ("planned only", 0), "b": ("", 1), "c": ("nothing to do", 0)}
    )
    ends = made.plan(["a", "b", "c"])
    assert {host: end.end for host, end in ends.items()} == {
        "a": FleetEnd.PLANNED,
        "b": FleetEnd.REFUSED,
        "c": FleetEnd.NOTHING_TO_DO,
    }
    assert all(job.options[-3:] == ("-p", "mode", "plan") for job in played.jobs)
    assert made.ledger.read().ended == {}


def test_the_whole_fleet_is_changed_in_its_order_with_the_options_it_was_given(
    tmp_path: Path,
) -> None:
    made, played = engine(tmp_path, {})
    state = made.change()
    assert [job.host for job in played.jobs] == ["a", "b", "c", "d"]
    assert {job.options for job in played.jobs} == {("-p", "stp", "no")}
    assert all(end.end is FleetEnd.AS_PROMISED for end in state.ended.values())


def test_the_exit_status_is_that_of_the_host_that_needs_a_person_most() -> None:
    assert worst([]) == 0
    assert worst([FleetEnd.AS_PROMISED, FleetEnd.REFUSED, FleetEnd.AS_BEFORE]) == 4
    assert worst([FleetEnd.ARMED, FleetEnd.DRIFTED, FleetEnd.UNKNOWN]) == 6
    assert worst([FleetEnd.DRIFTED, FleetEnd.AS_BEFORE]) == 7
    assert of_run("as promised", 0) is FleetEnd.AS_PROMISED
    # An audit that finds something has done what it was asked.
    assert of_run("the host is not as its record says", 0) is FleetEnd.DRIFTED


def test_no_other_plan_is_made_than_the_one_that_was_shown(tmp_path: Path) -> None:
    made, played = engine(tmp_path, {})
    made.ledger.planned(fakes.NOON, plan("a", "1"))
    made.ledger.planned(fakes.NOON, plan("a", "2"))
    made.change()
    assert played.jobs[0].options == ("-p", "stp", "no", "-r", "approved", "2" * 64)
    assert played.jobs[1].options == ("-p", "stp", "no")
