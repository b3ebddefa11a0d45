"""`papermill notebooks/desk.ipynb` with a host on which a change is armed, and one that is off."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import bench
from tests.lab import returning


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = bench.make_home(tmp_path)
    monkeypatch.setenv("RUNBOOK_HOME", str(made))
    return made


def test_an_armed_change_is_seen_at_a_glance_and_a_host_that_is_off_holds_nothing_up(
    home: Path,
) -> None:
    bench.lab("up")
    if returning.is_armed() or returning.is_changed():
        bench.fresh()
    (home / "params/server-02.yaml").rename(home / "params/server-99.yaml")
    (home / "params/server-03.yaml").unlink()
    underway = returning.left("prepare", operator="ann@elsewhere")
    armed = bench.snapshot()
    done = bench.papermill(home, notebook=bench.DESK, name="desk.ipynb")
    assert done.status == 0, done.said
    rows = {line.split()[0]: line for line in done.page.splitlines() if line.startswith("server-")}
    assert " armed " in rows["server-01"]
    assert "armed by ann@elsewhere" in rows["server-01"]
    assert "not known" in rows["server-99"]
    assert "asking" not in done.page
    assert bench.snapshot().digest() == armed.digest()
    returning.rolled_back(underway)
