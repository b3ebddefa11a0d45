"""`runbook audit` on the recorded host, with records of another host's change put beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests import bench, older

from runbook.cli import runbook
from runbook.common.errors import Refused


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = bench.make_home(tmp_path)
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    return home


def audit(*options: str) -> Result:
    return CliRunner().invoke(runbook, ["audit", "example", *options])


def put(home: Path, machine_id: str = "") -> Path:
    """The record of a confirmed change; of this machine, if its number is given."""
    record = home / "outputs/example" / older.CONFIRMED.change_id
    shutil.copytree(older.CONFIRMED.record, record)
    after = json.loads((record / "after.json").read_text())
    after["identity"]["machine_id"] = machine_id or after["identity"]["machine_id"]
    (record / "after.json").write_text(json.dumps(after))
    return record


def own_machine_id() -> str:
    seen = audit("--json").output
    (note,) = (f for f in json.loads(seen)["a change would find"] if f["about"] == "machine")
    return str(note["then"].rpartition(" ")[2])


def test_a_host_that_was_never_changed_ends_with_0_and_leaves_nothing(home: Path) -> None:
    done = audit()
    assert done.exit_code == 0, done.output
    assert "no change of this host was ever confirmed" in done.output
    assert not (home / "outputs").exists()


def test_another_machine_than_the_one_on_record_is_refused(home: Path) -> None:
    put(home)
    done = audit()
    assert isinstance(done.exception, Refused)
    assert "another machine" in str(done.exception)


def test_a_host_that_lost_its_change_is_told_the_worst_first_and_recorded_once(home: Path) -> None:
    put(home, own_machine_id())
    done = audit()
    assert done.exit_code == 6, done.output
    assert "the worst: lost at the next boot" in done.output
    first = done.output.index("LOST AT THE NEXT BOOT")
    assert first < done.output.index("OFF THE LAN")
    assert "the host has no history of change" in done.output
    # Nothing is cut off, and no line is wider than a terminal.
    assert "…" not in done.output
    names = sorted(path.name for path in (home / "outputs/example").iterdir())
    assert len(names) == 2
    again = audit("--json")
    assert again.exit_code == 6
    assert sorted(path.name for path in (home / "outputs/example").iterdir()) == names
    told = json.loads(again.output)
    assert told["exit"] == 6
    assert {d["severity"] for d in told["differences"]} >= {"next_boot", "off_the_lan"}
