"""A ledger that somebody else wrote, and options that mean another host, run nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from runbook.cli import runbook
from runbook.common.clock import SystemClock
from runbook.common.errors import CorrectParameters
from runbook.fleet import run
from runbook.fleet.command import resume
from runbook.fleet.context import FleetContext
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger, LedgerState
from runbook.fleet.run import FOLDER
from runbook.fleet.trust import refuse_an_odd

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUN = "20260301T120000Z"
PLAN = FleetPlan(
    notebook="/n/routed.ipynb",
    sha256="0" * 64,
    options=("-p", "stp", "no"),
    batches=(("a",), ("b", "c")),
    max_failures=0,
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FleetContext:
    def nothing(*_words: object) -> None:
        pytest.fail("it went on")

    monkeypatch.setattr(run, "Engine", nothing)
    (tmp_path / "params").mkdir()
    (tmp_path / "outputs" / FOLDER).mkdir(parents=True)
    return FleetContext(
        tmp_path / "params", tmp_path / "outputs", SystemClock(), lambda _text: None
    )


def ledger(folder: Path) -> Ledger:
    folder.mkdir(mode=0o700)
    made = Ledger(folder)
    made.begin(NOON, PLAN)
    return made


@pytest.mark.parametrize("name", ["../elsewhere", "/etc", ".", "", "x"])
def test_only_a_fleet_runs_own_name_is_resumed(desk: FleetContext, name: str) -> None:
    ledger(desk.outputs / "elsewhere")
    with pytest.raises(CorrectParameters, match="there is no fleet run"):
        resume(name, desk)


def open_folder(made: Ledger) -> None:
    made.folder.chmod(0o770)


def open_ledger(made: Ledger) -> None:
    made.path.chmod(0o602)


def link_to_ledger(made: Ledger) -> None:
    made.path.rename(made.folder / "other")
    made.path.symlink_to(made.folder / "other")


def link_to_folder(made: Ledger) -> None:
    made.folder.rename(made.folder.with_name("other"))
    made.folder.symlink_to(made.folder.with_name("other"))


@pytest.mark.parametrize("spoil", [open_folder, open_ledger, link_to_ledger, link_to_folder])
def test_what_others_could_write_is_not_gone_on_with(
    desk: FleetContext, spoil: Callable[[Ledger], None]
) -> None:
    spoil(ledger(desk.outputs / FOLDER / RUN))
    with pytest.raises(CorrectParameters, match="is not gone on with"):
        resume(RUN, desk)


@pytest.mark.parametrize(
    "odd",
    [
        {"notebook": "--cwd"},
        {"notebook": "x.ipynb"},
        {"options": ("-f", "/n/p.yaml", "x")},
        {"options": ("--cwd", "/n")},
        {"options": ("-p", "stp")},
        {"options": ("-p", "x; import os", "1")},
        {"options": ("-p", "import", "1")},
        {"options": ("-p", "host", "other")},
        {"given": {"a": {"host": "other"}}},
        {"given": {"a": {"x; import os": 1}}},
        {"given": {"d": {"stp": False}}},
        {"batches": (("../../../tmp/x",),)},
        {"batches": (("-h",),)},
        {"batches": (("a/b",),)},
        {"batches": ()},
        {"batches": ((),)},
        {"batches": (tuple(f"h{n}" for n in range(65)),)},
    ],
)
def test_a_ledger_says_nothing_that_no_fleet_run_writes(
    tmp_path: Path, odd: dict[str, object]
) -> None:
    plan = PLAN.model_copy(update=odd)
    with pytest.raises(CorrectParameters, match="is not gone on with"):
        refuse_an_odd(Ledger(tmp_path), LedgerState(plan))
    refuse_an_odd(Ledger(tmp_path), LedgerState(PLAN))


@pytest.mark.parametrize(
    "odd",
    [
        {"begun": {"x": NOON}},
        {"ended": {"../x": HostEnd(host="../x", end=FleetEnd.ARMED)}},
        {"plans": {"a": "--cwd"}},
    ],
)
def test_it_tells_of_its_own_hosts_alone(tmp_path: Path, odd: dict[str, object]) -> None:
    state = LedgerState(PLAN, **odd)  # type: ignore[arg-type] # by name
    with pytest.raises(CorrectParameters, match="is not gone on with"):
        refuse_an_odd(Ledger(tmp_path), state)


def test_a_host_that_was_only_planned_is_asked_since_the_fleet_run_began(tmp_path: Path) -> None:
    made = ledger(tmp_path / RUN)
    made.host_ended(NOON, HostEnd(host="a", end=FleetEnd.UNKNOWN))
    assert made.read().since("a") == NOON


@pytest.mark.parametrize("name", ["host", "x; import os", "a b", "-f", "import"])
def test_no_option_means_another_host_or_is_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "a.yaml").write_text("")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    notebook = tmp_path / "n.ipynb"
    notebook.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4}))
    words = ["fleet", str(notebook), "--hosts", "a", "-p", name, "b"]
    error = CliRunner().invoke(runbook, words).exception
    assert isinstance(error, CorrectParameters)
    assert "cannot be given to all hosts" in str(error)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"[" * 100_000])
def test_what_is_no_notebook_or_no_inventory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "a.yaml").write_text("")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    odd = tmp_path / "n.ipynb"
    odd.write_bytes(content)
    for words in (["--hosts", "a"], ["--inventory", str(odd)]):
        error = CliRunner().invoke(runbook, ["fleet", str(odd), *words]).exception
        assert isinstance(error, CorrectParameters)
