"""`papermill notebooks/survey.ipynb` against a booted host that no file describes."""

from __future__ import annotations

from pathlib import Path

from tests import bench
from tests.bench import HOST, papermill

from runbook.state.diff import compare


def test_a_host_is_described_from_nothing_but_its_name_and_can_be_planned_for(
    fresh_host: str, home: Path
) -> None:
    path = home / "params" / f"{fresh_host}.yaml"
    path.unlink()
    before = bench.snapshot()
    given = ("-p", "host", HOST, "-p", "consent", "bpdu")
    done = papermill(home, *given, name="survey.ipynb", notebook=bench.SURVEY)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "surveyed: its file is written"
    (nic,) = (line for line in done.page.splitlines() if line.startswith("enp4s0f0 "))
    assert "10000 Mb/s" in nic
    assert nic.endswith("yes"), "it carries this very connection"
    assert str(compare(before, bench.snapshot())) == ""
    assert bench.on_host("sh", "-c", "ls -A /var/lib | grep -c runbook || true").strip() == "0"

    planned = papermill(home, "-p", "host", HOST, "-p", "mode", "plan", name="planned.ipynb")
    assert planned.status == 0, planned.said
    assert planned.outcome["outcome"] == "planned only"
