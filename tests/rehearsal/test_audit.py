"""The recorded host is audited: it was never changed, so what a change would find is shown."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests import bench, older
from tests.run_folder import run_folder

from runbook.state.identity import machine_id
from runbook.transport import RecordedHost

AUDIT = bench.ROOT / "notebooks" / "audit.ipynb"


def test_a_host_that_was_never_changed_is_no_drift_and_leaves_no_record(tmp_path: Path) -> None:
    home = bench.make_home(tmp_path)
    done = bench.papermill(home, "-p", "host", "example", notebook=AUDIT)
    assert done.status == 0, done.said
    assert "no change of this host was ever confirmed" in done.page
    assert "52:54:00:" in done.page  # a finding of preflight: the MAC of the bridge
    assert "No record was written" in done.page
    assert not (home / "outputs").exists()


def test_drift_is_shown_recorded_filed_and_verified(tmp_path: Path) -> None:
    home = bench.make_home(tmp_path)
    record = home / "outputs/example" / older.CONFIRMED.change_id
    shutil.copytree(older.CONFIRMED.record, record)
    recorded = RecordedHost(home / "params/example.json")
    after = json.loads((record / "after.json").read_text())
    # Any machine of its own: the record is made to be of the recorded one.
    after["identity"]["machine_id"] = machine_id(recorded)
    (record / "after.json").write_text(json.dumps(after))
    done = bench.papermill(home, "-p", "host", "example", notebook=AUDIT)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "the host is not as its record says"
    assert "LOST AT THE NEXT BOOT: - networks: routed" in done.page
    runbook(home, "archive", str(done.out))
    folder = run_folder(done)
    assert (folder / "notebook.html").exists()
    assert "0 findings" in runbook(home, "records", "verify", folder.name)
    listed = json.loads(runbook(home, "records", "list", "--kind", "audit", "--json"))
    assert [one["fact"] for one in listed] == ["drifted"]


def test_status_and_undo_of_the_recorded_host_say_that_it_was_never_changed(tmp_path: Path) -> None:
    home = bench.make_home(tmp_path)
    assert "no change was ever armed on this host" in runbook(home, "status", "example")
    done = bench.papermill(home, "-p", "host", "example", notebook=bench.UNDO)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "only looked"


def test_a_recording_of_an_older_version_says_how_to_get_that_of_this_one(tmp_path: Path) -> None:
    home = bench.make_home(tmp_path)
    path = home / "params/example.json"
    document = json.loads(path.read_text())
    question = ["glob", "/var/lib/runbook/*/journal"]
    document["answers"] = [a for a in document["answers"] if a["question"] != question]
    path.write_text(json.dumps(document))
    command = [str(bench.BIN / "runbook"), "status", "example"]
    environ = bench.environment(home)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"move {path} away, and `runbook init {home}` brings that of this version" in done.stderr


def runbook(home: Path, *words: str) -> str:
    command = [str(bench.BIN / "runbook"), *words]
    environ = bench.environment(home)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
