"""One host's papermill: what its end says, and that it has one."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests import small_notebook
from tests.unit import fakes

from runbook.common.clock import SystemClock
from runbook.fleet import job
from runbook.fleet.job import INTERRUPT, HostJob, Start, play
from runbook.fleet.warm import Warm
from runbook.run.record import MIME, RESULT_MIME

SAYS = f"""\
from IPython.display import display
display({{"{MIME}": {{"outcome": "as promised", "said": host}}, "text/plain": "x"}}, raw=True)
"""
# What a notebook does that undoes its change when it is told to end.
UNDOES = """\
import pathlib, time
pathlib.Path(begun).touch()
try:
    time.sleep(60)
finally:
    pathlib.Path(undone).touch()
"""


@pytest.fixture(params=["cold", "warm"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """A new papermill, or one that a warm process forks."""
    with closing(Warm(str(tmp_path / "in.ipynb"))) as warm:
        yield warm.start if request.param == "warm" else job.cold


def asked(folder: Path, source: str, limit_s: float = 60.0, *options: str) -> HostJob:
    small_notebook.write(folder / "in.ipynb", "host = None", source)
    return HostJob("server-01", str(folder / "in.ipynb"), options, str(folder), limit_s)


def test_a_run_that_fails_before_its_record_says_why(tmp_path: Path, start: Start) -> None:
    result = play(
        asked(tmp_path, "raise ValueError('no file params/server-01.yaml\\nmore')"), start
    )
    assert result.status == 1
    assert result.outcome == {}
    assert result.error == "no file params/server-01.yaml"


@pytest.mark.parametrize("text", ["", "{}", '{"cells": 7}', '{"cells": [7]}', "[" * 100_000])
def test_a_notebook_that_cannot_be_read_tells_no_outcome(tmp_path: Path, text: str) -> None:
    path = tmp_path / "out.ipynb"
    path.write_text(text)
    assert job.outcome_of(job.outputs_of(path)) == {}


def test_what_is_interrupted_is_told_once_and_may_undo(tmp_path: Path, start: Start) -> None:
    begun, undone = tmp_path / "begun", tmp_path / "undone"
    made = asked(tmp_path, UNDOES, 60.0, "-p", "begun", str(begun), "-p", "undone", str(undone))
    pid = os.fork()
    if pid == 0:
        while not begun.exists():
            os.sched_yield()
        (tmp_path / INTERRUPT).touch()
        os._exit(0)
    result = play(made, start)
    os.waitpid(pid, 0)
    assert undone.exists()
    assert result.status != 0
    assert result.seconds < 50


def test_what_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setattr(job, "UNDO_S", 5.0)
    result = play(asked(tmp_path, "import time; time.sleep(300)", 1.0), start)
    assert result.status != 0
    assert result.seconds < 60


def test_a_run_that_is_handed_out_twice_is_begun_once(tmp_path: Path) -> None:
    made = replace(asked(tmp_path, SAYS), attempt="20260301T120000")
    assert play(made).status == 0
    again = play(made)
    assert (again.status, again.outcome) == (job.NO_STATUS, {})
    assert "begun before" in again.error


def test_no_second_run_of_a_host_begins_beside_the_first(tmp_path: Path) -> None:
    made = asked(tmp_path, SAYS)
    with (tmp_path / ".server-01.at-work").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another run of this host" in play(made).error
        assert not job.is_over(tmp_path, "server-01", fakes.Time(), 5)
    assert job.is_over(tmp_path, "server-01", fakes.Time(), 5)
    assert not made.log.exists()


def test_papermill_ends_and_undoes_when_who_waits_for_it_is_killed(
    tmp_path: Path, start: Start
) -> None:
    begun, undone = tmp_path / "begun", tmp_path / "undone"
    made = asked(tmp_path, UNDOES, 60.0, "-p", "begun", str(begun), "-p", "undone", str(undone))
    pid = os.fork()
    if pid == 0:
        play(made, start)
        os._exit(0)
    while not begun.exists():
        time.sleep(0.1)
    assert not job.is_over(tmp_path, "server-01", fakes.Time(), 1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert job.is_over(tmp_path, "server-01", SystemClock(), 50)
    assert undone.exists()


def test_a_run_without_a_record_tells_how_it_ended(tmp_path: Path) -> None:
    result = play(asked(tmp_path, SAYS.replace(MIME, RESULT_MIME)))
    assert (result.status, result.outcome["outcome"]) == (0, "as promised")


def test_a_run_tells_its_outcome(tmp_path: Path, start: Start) -> None:
    result = play(asked(tmp_path, SAYS), start)
    assert (result.status, result.outcome["outcome"], result.outcome["said"]) == (
        0,
        "as promised",
        "server-01",
    )
