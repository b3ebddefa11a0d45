"""The recorded host is audited: it was never changed, so what a change would find is shown."""

from __future__ import annotations

from pathlib import Path

from tests import bench

AUDIT = bench.ROOT / "notebooks" / "audit.ipynb"


def test_a_host_that_was_never_changed_is_no_drift_and_leaves_no_record(tmp_path: Path) -> None:
    home = bench.make_home(tmp_path)
    done = bench.papermill(home, "-p", "host", "example", notebook=AUDIT)
    assert done.status == 0, done.said
    assert "no change of this host was ever confirmed" in done.page
    assert "52:54:00:" in done.page  # a finding of preflight: the MAC of the bridge
    assert "No record was written" in done.page
    assert not (home / "outputs").exists()
