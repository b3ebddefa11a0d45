"""Neither root nor a host: the recorded one goes through the whole notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import bench
from tests.bench import papermill


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


def test_a_newcomer_can_rehearse_up_to_the_preflight(home: Path) -> None:
    done = papermill(home, "-p", "host", "example")
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "planned only"
    for shown in ("Addresses", "Neighbours (ARP and NDP)", "The plan: ", "Probes: ", "STP"):
        assert shown in done.page
    assert "mode is plan: nothing was written" in done.page


def test_a_rehearsal_can_never_apply(home: Path) -> None:
    done = papermill(home, "-p", "host", "example", "-p", "mode", "apply")
    assert done.status != 0
    assert "a recorded host can be planned for and never changed" in done.said
