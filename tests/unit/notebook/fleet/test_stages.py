"""The cells of fleet.ipynb: who approves, what a failure says, what is shown while it runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from IPython.core.error import StdinNotImplementedError
from tests.unit import fakes

from runbook.common.errors import RunbookError
from runbook.fleet import workers
from runbook.fleet.job import HostJob, JobResult
from runbook.notebook.fleet import stages
from runbook.notebook.fleet.request import FleetRequest, folders, parameters

ROOT = Path(__file__).parents[4]
PLANNED, DONE = ("planned only", 0), ("as promised", 0)


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FleetRequest:
    (tmp_path / "params").mkdir()
    for name in ("server-01", "server-02", "server-03"):
        shutil.copy(ROOT / "params/server-01.yaml", tmp_path / f"params/{name}.yaml")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    # Each run has a folder named by its second.
    at = replace(folders(), clock=fakes.Time(ticks=1.0))
    monkeypatch.setattr(stages, "folders", lambda: at)
    return parameters({"hosts": "*"})


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, int]]:
    """How the run of a host ends; without an entry as promised."""
    told: dict[str, tuple[str, int]] = {}

    def play(job: HostJob, start: object) -> JobResult:
        del start
        outcome, status = PLANNED if job.suffix else told.get(job.host, DONE)
        if job.suffix and "plan" in told and job.host == "server-02":
            outcome, status = told["plan"]
        return JobResult(job.host, status, {"outcome": outcome, "said": "because"}, 2.0)

    monkeypatch.setattr(workers, "play", play)
    return told


def nobody(_prompt: str) -> str:
    raise StdinNotImplementedError


def interrupted(_prompt: str) -> str:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize(
    ("ask", "changed"),
    [
        (lambda _: "", 0),
        (lambda _: "yes", 0),
        (lambda _: "2", 0),
        (interrupted, 0),
        (lambda _: " 3 ", 3),
        (nobody, 3),
    ],
)
def test_only_the_number_of_hosts_approves(
    request_: FleetRequest, ask: Callable[[str], str], changed: int
) -> None:
    approved = stages.approve(stages.plan(request_), ask)
    assert len(stages.change(approved).ends) == changed


@pytest.mark.usefixtures("ends")
def test_a_plan_only_run_asks_nobody_and_is_no_error(request_: FleetRequest) -> None:
    approved = stages.approve(stages.plan(replace(request_, mode="plan")), interrupted)
    assert approved.how == "mode=plan: no host is changed"
    stages.record(stages.change(approved))


def test_a_refused_host_stops_before_anybody_is_asked(
    request_: FleetRequest, ends: dict[str, tuple[str, int]]
) -> None:
    ends["plan"] = ("refused", 1)
    with pytest.raises(RunbookError, match="preflight refuses server-02") as raised:
        stages.plan(request_)
    assert raised.value.host == "server-02"
    planned = stages.plan(replace(request_, despite_refusals=True))
    assert planned.to_change == ("server-01", "server-03")


def test_a_failure_is_named_with_the_way_to_go_on(
    request_: FleetRequest, ends: dict[str, tuple[str, int]]
) -> None:
    ends["server-02"] = ("as before (rolled back)", 1)
    changed = stages.change(stages.approve(stages.plan(request_), nobody))
    assert list(changed.ends["end"]) == ["as promised", "as before", "as promised"]
    with pytest.raises(RunbookError) as raised:
        stages.record(changed)
    assert raised.value.state == "server-02: as before"
    run = changed.run.ledger.folder.name
    assert f"resume = '{run}'" in raised.value.then
    # It was mended: the run goes on with that host alone.
    del ends["server-02"]
    again = parameters({"resume": run})
    changed = stages.change(stages.approve(stages.plan(again), nobody))
    stages.record(changed)
    assert set(changed.ends["end"]) == {"as promised"}


@pytest.mark.usefixtures("ends")
def test_a_rendering_asks_no_host(request_: FleetRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "may_write", lambda: False)
    with pytest.raises(RunbookError, match="papermill did not start this notebook"):
        stages.plan(request_)
