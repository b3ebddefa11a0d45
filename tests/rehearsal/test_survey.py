"""The recorded host is surveyed: what is offered, shown and written, with nobody there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests import bench

RECORDED = ("-p", "connect", "recorded", "-p", "recording", "example.json")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


def test_a_host_without_a_file_gets_one_that_can_be_rehearsed_with(home: Path) -> None:
    given = ("-p", "host", "new", *RECORDED, "-p", "consent", "bpdu")
    done = bench.papermill(home, *given, notebook=bench.SURVEY)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "surveyed: its file is written"
    for shown in ("enp4s0f0", "02:16:01:00:00:01", "172.16.1.1/16", "found on the host"):
        assert shown in done.page
    # Read by anybody's YAML, it says the same.
    assert yaml.safe_load((home / "params/new.yaml").read_text()) == {
        "connect": "recorded",
        "recording": "example.json",
        "mode": "plan",
        "machine_id": "e649ec16f63c41b09ff3749d8f0f8c37",
        "interface": "enp4s0f0",
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
        "network": "routed",
        "bridge": "virbr1",
        "bridge_mac": "own",
        "stp": True,
        "forward": "nat",
        "firewall": "keep",
        "consent": ["bpdu"],
        "probes": ["172.16.0.1"],
    }
    planned = bench.papermill(home, "-p", "host", "new", name="planned.ipynb")
    assert planned.status == 0, planned.said
    assert planned.outcome["outcome"] == "planned only"
