"""Old records leave outputs/: told first, never one that is needed, and missed by nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.records import kept

from runbook.cli import runbook
from runbook.run.record import Ending


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three confirmed changes, one that is open, one that died, then a refusal."""
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    outputs = tmp_path / "outputs"
    for day in (1, 2, 3):
        kept.sealed(outputs, day)
    kept.sealed(outputs, 4, Ending.UNKNOWN)
    kept.begun(outputs, 5)
    kept.sealed(outputs, 6, Ending.REFUSED)
    kept.sealed(outputs, 7, Ending.REFUSED)
    return outputs


def call(*words: str) -> Result:
    return CliRunner().invoke(runbook, ["records", *words])


def there(outputs: Path) -> list[int]:
    found = (path for path in (outputs / "server-01").iterdir() if path.is_dir())
    return sorted(int(path.name[-6:], 16) for path in found)


def hand_over(outputs: Path, *more: str) -> Result:
    # The last day is the one of number 6.
    return call("hand-over", str(outputs.parent / "old"), "--until", "2026-03-07", *more)


def test_without_do_it_only_tells(outputs: Path) -> None:
    done = hand_over(outputs)
    assert done.exit_code == 0, done.output
    assert there(outputs) == [1, 2, 3, 4, 5, 6, 7]
    assert not (outputs.parent / "old").exists()
    assert f"would move: server-01/{kept.number(1)}: as promised" in done.output
    assert f"stays: server-01/{kept.number(4)}: it is open" in done.output
    assert f"stays: server-01/{kept.number(5)}: it has no manifest" in done.output
    assert f"stays: server-01/{kept.number(3)}: an audit of the host needs it" in done.output
    assert "3 records would be in" in done.output


def test_what_went_is_in_the_bag_and_verify_misses_nothing(outputs: Path) -> None:
    assert hand_over(outputs, "--do").exit_code == 0
    assert there(outputs) == [3, 4, 5, 7]
    bag = outputs.parent / "old"
    check = ("sha256sum", "--quiet", "--check", "manifest-sha256.txt")
    assert subprocess.run(check, cwd=bag, check=False).returncode == 0
    assert (bag / "data/server-01" / kept.number(1) / "record.json").exists()
    done = call("verify")
    assert (done.exit_code, done.output.count("not proved")) == (3, 1), done.output
    # Brought back, they are records like others.
    for day in (1, 2, 6):
        shutil.copytree(
            bag / "data/server-01" / kept.number(day), outputs / f"server-01/{kept.number(day)}"
        )
    assert call("verify").exit_code == 3


def test_another_record_than_the_one_handed_over_is_no_proof(outputs: Path) -> None:
    hand_over(outputs, "--do")
    (listed,) = (outputs / ".handed-over").iterdir()
    told = json.loads(listed.read_text())
    told["records"][f"server-01/{kept.number(2)}"] = "0" * 64
    listed.write_text(json.dumps(told))
    done = call("verify")
    assert done.exit_code == 4
    assert f"altered: server-01/{kept.number(2)}: record.json: removed" in done.output


@pytest.mark.parametrize("damage", ["altered", "in the way", "no day"])
def test_if_anything_is_wrong_nothing_is_moved(outputs: Path, damage: str) -> None:
    until = "2026-03-07"
    if damage == "altered":
        (outputs / "server-01" / kept.number(1) / "plan.json").write_text("{}")
    elif damage == "in the way":
        (outputs.parent / "old").mkdir()
    else:
        until = "last year"
    done = call("hand-over", str(outputs.parent / "old"), "--until", until, "--do")
    assert done.exit_code == 1
    assert done.exception
    assert there(outputs) == [1, 2, 3, 4, 5, 6, 7]
