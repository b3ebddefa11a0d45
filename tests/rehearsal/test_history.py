"""history.ipynb from a terminal: the records of a host, and the host as it is now."""

from __future__ import annotations

from pathlib import Path

from tests import bench
from tests.bench import papermill

HISTORY = bench.ROOT / "notebooks" / "history.ipynb"


def test_a_host_s_record_is_compared_with_the_host_as_it_is_now(tmp_path: Path) -> None:
    home = bench.make_home(tmp_path)
    none = papermill(home, "-p", "host", "example", notebook=HISTORY, name="none.ipynb")
    assert none.status != 0
    assert "no record of example" in none.said
    assert papermill(home, "-p", "host", "example").status == 0
    before = sorted(path for path in home.rglob("outputs/**/*") if ".index" not in path.parts)
    now = ("-p", "now", "True")
    done = papermill(home, "-p", "host", "example", *now, notebook=HISTORY, name="now.ipynb")
    assert done.status == 0, done.said
    assert "example: 1 record (plans, surveys 1)" in done.page
    assert "second  now, read at" in done.page
    assert "no row differs" in done.page
    # It has written nothing.
    after = sorted(path for path in home.rglob("outputs/**/*") if ".index" not in path.parts)
    assert after == before
