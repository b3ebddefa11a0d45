"""`papermill notebooks/revert.ipynb` where no record of a change is: it says so, and stops."""

from __future__ import annotations

from pathlib import Path

from tests import bench


def test_without_a_record_of_the_change_it_contacts_nothing_and_leaves_no_record(
    tmp_path: Path,
) -> None:
    home = bench.make_home(tmp_path)
    done = bench.papermill(home, "-p", "host", "server-01", notebook=bench.REVERT)
    assert done.status != 0
    for words in (
        "there is no record of a confirmed change of server-01 here",
        "no host was contacted",
        "copy the run folder of that change into outputs/",
    ):
        assert words in done.said
    assert not list((home / "outputs").glob("server-01/*"))
