"""`papermill notebooks/undo.ipynb` against a host with a change that somebody left on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import bench
from tests.bench import HOST, Done
from tests.lab import returning
from tests.run_folder import run_folder

from runbook.run import record
from runbook.state.diff import compare


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = bench.make_home(tmp_path)
    monkeypatch.setenv("RUNBOOK_HOME", str(made))
    return made


@pytest.fixture
def host() -> str:
    """A host without a change on it; one that was put back is as good as a new one."""
    bench.lab("up")
    if returning.is_armed() or returning.is_changed():
        bench.fresh()
    return HOST


def undo(home: Path, *options: str, name: str = "undo.ipynb") -> Done:
    return bench.papermill(home, "-p", "host", HOST, *options, name=name, notebook=bench.UNDO)


def test_it_looks_and_then_undoes_and_the_host_is_as_before(host: str, home: Path) -> None:
    before = returning.before()
    underway = returning.left("settle")
    armed = bench.snapshot()
    looked = undo(home)
    assert looked.status == 0, looked.said
    assert looked.outcome["outcome"] == "only looked"
    for shown in (host, underway.armed.change_id, "steps were made", "unless confirmed"):
        assert shown in looked.page
    assert str(compare(armed, bench.snapshot())) == ""

    undone = undo(home, "-p", "action", "undo", name="again.ipynb")
    assert undone.status == 0, undone.said
    assert undone.outcome["outcome"] == "undone: as before"
    assert "After the undo, compared with the state before: no difference" in undone.page
    before.check()
    folder = record.read(run_folder(undone))
    kept = {"found.json", "before.json", "after.json", "diff.json", "journal-of-the-host"}
    assert kept <= set(folder.products)


@pytest.mark.thorough
def test_a_row_that_is_not_as_before_is_an_error_with_the_row(host: str, home: Path) -> None:
    returning.left("network")
    returning.console("sh", "/var/lib/runbook/armed/undo")
    returning.console("ip", "address", "add", "10.9.9.9/32", "dev", "lo")
    differs = undo(home, "-p", "action", "undo")
    returning.console("ip", "address", "del", "10.9.9.9/32", "dev", "lo")
    assert differs.status != 0
    assert differs.outcome["outcome"] == "unknown: go to the console"
    assert "undone by hand at the console" in differs.page
    assert "lo inet 10.9.9.9 32" in differs.page
    assert "and the host differs from before" in differs.said
    assert f"runbook undo {host}" in differs.said


@pytest.mark.thorough
def test_a_new_run_stops_at_the_change_it_finds_and_says_how_to_end_it(
    host: str, home: Path
) -> None:
    underway = returning.left("prepare", operator="ann@elsewhere")
    stopped = bench.papermill(home, "-p", "host", host)
    assert stopped.status != 0
    assert stopped.outcome == {}
    for shown in (underway.armed.change_id, "ann@elsewhere", "steps were made"):
        assert shown in stopped.page
    for said in (f"runbook undo {HOST}", f"runbook confirm {HOST}", "notebooks/undo.ipynb"):
        assert said in stopped.said
    assert returning.is_armed()
    returning.rolled_back(underway)


def test_it_confirms_what_the_program_that_made_it_could_not(host: str, home: Path) -> None:
    returning.left("settle")
    kept = undo(home, "-p", "action", "confirm")
    assert kept.status == 0, kept.said
    assert kept.outcome["outcome"] == "as promised"
    assert kept.outcome["host"] == host
    assert "The verdict: as promised" in kept.page
    assert "dev virbr1" in returning.console("ip", "route", "show", "default")
    assert not returning.is_armed()
