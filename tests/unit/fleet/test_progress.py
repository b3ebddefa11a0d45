"""How far a fleet run is: for each host its state and the time left, and the page of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.fleet import page
from runbook.fleet.ends import FleetEnd
from runbook.fleet.finding import last_finding
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger
from runbook.fleet.progress import FleetProgress, progress
from runbook.fleet.watch import Stages

LATER = fakes.NOON + timedelta(seconds=100)


def ledger(folder: Path, *ended: HostEnd, begun: str = "") -> Ledger:
    made = Ledger(folder)
    given = {"notebook": "/n/routed.ipynb", "sha256": "", "options": (), "max_failures": 0}
    batches = (("a",), ("b", "c"), ("d",))
    made.begin(fakes.NOON, FleetPlan.model_validate({**given, "batches": batches}))
    for host in begun:
        made.host_begins(LATER - timedelta(seconds=10), host)
    for end in ended:
        made.host_ended(fakes.NOON, end)
    return made


def of(made: Ledger) -> FleetProgress:
    return progress(made.read(), LATER, lambda _host: "apply-cutover")


def changed(host: str, seconds: float) -> HostEnd:
    return HostEnd(host=host, end=FleetEnd.AS_PROMISED, seconds=seconds)


def test_nobody_guesses_the_time_before_a_host_was_changed(tmp_path: Path) -> None:
    nothing = HostEnd(host="a", end=FleetEnd.NOTHING_TO_DO, seconds=2)
    found = of(ledger(tmp_path, nothing, begun="b"))
    assert found.left_s is None
    assert [each.left_s for each in found.hosts] == [None] * 4


def test_what_is_left_is_the_batch_at_work_and_those_to_come(tmp_path: Path) -> None:
    found = of(ledger(tmp_path, changed("a", 30), begun="bc"))
    b = found.hosts[1]
    assert (b.state, b.stage, b.took_s, b.left_s) == ("at work", "apply-cutover", 10, 20)
    assert found.left_s == 20 + 30
    assert (found.done, len(found.at_work)) == (1, 2)


def test_a_host_that_takes_longer_than_the_others_has_no_time_below_nothing(tmp_path: Path) -> None:
    assert of(ledger(tmp_path, changed("a", 3), begun="b")).hosts[1].left_s == 0


def test_the_page_names_a_failure_with_its_finding_and_leads_to_its_files(tmp_path: Path) -> None:
    run = tmp_path / "_fleet" / "20260301T120000Z"
    run.mkdir(parents=True)
    record = tmp_path / "b" / "20260301T120000Z-abc123"
    record.mkdir(parents=True)
    (run / "b.log").write_text("")
    refused = {"host": "b", "end": FleetEnd.REFUSED, "said": "1 finding blocks the change"}
    end = HostEnd.model_validate({**refused, "finding": "<b>bond</b>: odd", "folder": str(record)})
    made = ledger(run, changed("a", 3), end)
    state = made.read()
    text = page.write(run, state, of(made), over=True).read_text()
    assert "&lt;b&gt;bond&lt;/b&gt;: odd" in text
    assert 'href="b.log"' in text
    assert 'href="../../b/20260301T120000Z-abc123"' in text
    assert "1 of 4 hosts are done, 1 failed. The run is not at work." in text
    assert 'http-equiv="refresh"' not in text
    assert 'http-equiv="refresh"' in page.write(run, state, of(made), over=False).read_text()


def test_the_cell_at_work_is_read_from_the_notebook(tmp_path: Path) -> None:
    states = {"plan": "completed", "arm": "running", "after": "pending"}
    cells = [
        *({"id": name, "metadata": {"papermill": {"status": s}}} for name, s in states.items()),
        {"id": "first-page", "metadata": {}},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    stages = Stages(tmp_path)
    assert [stages.of("a"), stages.of("b")] == ["arm", ""]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 7}', '{"cells": [{"id": 1}]}'])
def test_a_notebook_that_cannot_be_read_tells_no_cell(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.ipynb").write_text(text)
    assert Stages(tmp_path).of("a") == ""


def test_the_last_finding_is_that_which_blocked(tmp_path: Path) -> None:
    found = [
        {"level": "block", "about": "route", "seen": "two default routes", "then": "remove one"},
        {"level": "consent", "about": "bpdu", "seen": "on", "then": "consent", "given": True},
        {"level": "ok", "about": "machine", "seen": "the one", "then": ""},
    ]
    (tmp_path / "preflight.json").write_text(json.dumps(found))
    assert last_finding(str(tmp_path)) == "route: two default routes; remove one"
    kept = {"about": "port", "promised": "enp4s0f0", "seen": "nothing", "kept": False}
    (tmp_path / "verdict.json").write_text(json.dumps([kept]))
    assert last_finding(str(tmp_path)) == "port: promised enp4s0f0, is nothing"


@pytest.mark.parametrize("text", ["", "[" * 100_000, "7", '{"level": "block"}', "\x00"])
def test_a_record_that_cannot_be_read_stops_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "preflight.json").write_text(text)
    last_finding(str(tmp_path))
    assert last_finding(str(tmp_path / "none")) == ""
    assert last_finding("") == ""
