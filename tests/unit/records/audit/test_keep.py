"""An audit is recorded if it found something, and once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.unit import fakes

from runbook.records.audit.baseline import Baseline
from runbook.records.audit.drift import Drift, Severity
from runbook.records.audit.keep import keep
from runbook.records.audit.look import Audit
from runbook.records.audit.needs import Promises
from runbook.records.manifest import load, verify
from runbook.run import record
from runbook.run.session import HostSession

DRIFT = Drift(Severity.LESS, "removed", "routes", "10.0.0.0/8", "via x", "", "gone", "put it back")
FOUND = Audit(
    *("server-01", fakes.NOON, fakes.seen(), Baseline(fakes.CHANGE, Promises())), drifts=(DRIFT,)
)


def session(number: int) -> HostSession:
    change = f"20260301T12000{number}Z-abc123"
    way = (fakes.params(), fakes.standard_host(), "root@desk", change, fakes.Time())
    return HostSession(*way, fakes.standard_host)


def test_nothing_that_differs_leaves_no_record(tmp_path: Path) -> None:
    assert keep(replace(FOUND, drifts=()), session(1), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_difference_is_recorded_with_its_outcome(tmp_path: Path) -> None:
    folder = keep(FOUND, session(1), tmp_path)
    assert folder
    told = record.read(folder.path)
    assert verify(folder.path) == ()
    manifest = load(folder.path).predicate
    assert (manifest.kind, manifest.verdict.fact) == ("audit", "drifted")
    assert [(link.relation, link.change_id) for link in manifest.links] == [
        ("audits", fakes.CHANGE)
    ]
    assert manifest.machine_id == fakes.seen().identity.machine_id
    assert told.told == "the host is not as its record says"
    assert told.outcome["exit"] == 0
    (row,) = json.loads(folder.text("audit.json"))["differences"]
    assert row["meaning"] == "gone"
    assert row["severity"] == "less"


def test_the_same_difference_is_recorded_once_and_another_one_again(tmp_path: Path) -> None:
    assert keep(FOUND, session(1), tmp_path)
    later = replace(FOUND, at=FOUND.at + timedelta(hours=1))
    assert keep(later, session(2), tmp_path) is None
    other = replace(later, drifts=(replace(DRIFT, key="10.1.0.0/16"),))
    assert keep(other, session(3), tmp_path)
    # The first again: the last record says something else.
    assert keep(later, session(4), tmp_path)
    again = replace(later, baseline=Baseline("another change", Promises()))
    assert keep(again, session(5), tmp_path)


def test_a_secret_in_a_difference_is_recorded_without_it_and_once(tmp_path: Path) -> None:
    secret = replace(FOUND, drifts=(replace(DRIFT, now="https://root:hunter2-hunter2@x"),))
    folder = keep(secret, session(1), tmp_path)
    assert folder
    assert "hunter2" not in folder.text("audit.json")
    assert keep(secret, session(2), tmp_path) is None
