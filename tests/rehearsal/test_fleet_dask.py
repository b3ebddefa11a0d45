"""`runbook fleet --scheduler` with the recorded host: workers of Dask run the notebooks."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests import bench, small_notebook
from tests.dask import ONCE, Dask, certified, dask_of

from runbook.common.clock import SystemClock
from runbook.fleet.ends import FleetEnd
from runbook.fleet.engine import Engine
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger, LedgerState
from runbook.fleet.workers import workers
from runbook.lab import shell


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@pytest.fixture
def dask(home: Path) -> Iterator[Dask]:
    with dask_of(home) as made:
        yield made


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


def test_by_tls_who_has_a_certificate_of_another_ca_is_not_taken(
    home: Path, dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in certified(home.parent / "tls").items():
        monkeypatch.setenv(name, value)
    address = dask.scheduler("127.0.0.1", ONCE, "tls")
    assert address.startswith("tls://")
    dask.worker("w1", address)
    done = plan(home, address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "example: planned" in done.stdout
    for name, value in certified(home.parent / "other").items():
        monkeypatch.setenv(name, value)
    strange = plan(home, address)
    assert strange.returncode == 1, strange.stdout + strange.stderr
    assert f"no Dask scheduler answers at {address}" in strange.stderr
    assert "Traceback" not in strange.stderr


# A notebook that undoes its change when it is told to end. It imports this package, as ours do:
# a death signal that comes twice breaks off the cleanup of any other notebook.
UNDOES = """\
import pathlib, time
import runbook.notebook
pathlib.Path(folder, f"{host}.begun").touch()
try:
    time.sleep(120)
finally:
    pathlib.Path(folder, f"{host}.undone").touch()
"""


@pytest.mark.parametrize("lost", ["worker", "scheduler"])
def test_who_waits_is_killed_and_no_run_goes_on_or_is_made_again(
    home: Path, dask: Dask, lost: str
) -> None:
    address = dask.scheduler("127.0.0.1", ONCE)
    dask.worker("worker", address)
    ledger = begun(home)
    said: list[str] = []
    with workers(ledger.read().plan, ledger, address) as crew:
        made = Engine(ledger, crew.executor, SystemClock(), said.append, stands)
        changing = threading.Thread(target=made.change)
        changing.start()
        shell.wait_for("both to begin", lambda: len(found(ledger, "begun")) == 2, 120)
        dask.kill(lost)
        if lost == "worker":
            dask.worker("next", address)
        changing.join(120)
        assert not changing.is_alive(), said
    # A run ends with its worker, but nobody is left who would wait for its end.
    shell.wait_for("both to undo", lambda: found(ledger, "undone") == ["a", "b"], 60)
    ends = ledger.read().ended
    assert {end.said for end in ends.values()} == {"asked"}
    assert [line for line in said if "is lost" in line]
    # One attempt for each host, whoever else had a worker free.
    assert len(list(ledger.folder.glob(".[ab].2*"))) == 2


def begun(home: Path) -> Ledger:
    folder = home / "outputs" / "_fleet" / "20260301T120000Z"
    folder.mkdir(parents=True)
    small_notebook.write(folder / "n.ipynb", "host = folder = None", UNDOES)
    ledger = Ledger(folder)
    plan = FleetPlan(
        notebook=str(folder / "n.ipynb"),
        sha256="",
        options=("-p", "folder", str(folder)),
        batches=(("a", "b"),),
        max_failures=0,
    )
    ledger.begin(datetime.now(UTC), plan)
    return ledger


def stands(host: str, _state: LedgerState) -> HostEnd:
    return HostEnd(host=host, end=FleetEnd.AS_BEFORE, said="asked")


def found(ledger: Ledger, what: str) -> list[str]:
    return sorted(path.stem for path in ledger.folder.glob(f"*.{what}"))
