"""`runbook fleet --scheduler` with the recorded host: workers of Dask run the notebooks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench
from tests.dask import ONCE, Dask


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@pytest.fixture
def dask(tmp_path: Path, home: Path) -> Iterator[Dask]:
    folder = tmp_path / "dask"
    folder.mkdir()
    made = Dask(folder, bench.environment(home))
    yield made
    made.end()


def plan(home: Path, address: str) -> subprocess.CompletedProcess[str]:
    words = (str(bench.NOTEBOOK), "--hosts", "example", "--plan", "--scheduler", address)
    return bench.fleet(home, *words)


def test_a_scheduler_that_would_hand_a_run_out_again_is_refused(home: Path, dask: Dask) -> None:
    address = dask.scheduler("127.0.0.1", {})
    done = plan(home, address)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "gives the run of a lost worker to another worker" in done.stderr
    assert "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0 dask scheduler" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_worker_nothing_is_waited_for_and_a_worker_makes_the_plan(
    home: Path, dask: Dask
) -> None:
    address = dask.scheduler("127.0.0.1", ONCE)
    none = plan(home, address)
    assert none.returncode == 1, none.stdout + none.stderr
    assert "has no worker" in none.stderr
    dask.worker("w1", address)
    done = plan(home, address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "example: planned" in done.stdout
    assert "Traceback" not in done.stderr
