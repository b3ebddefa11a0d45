"""Which hosts are meant, by the names of their files in params/."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook.common.errors import CorrectParameters
from runbook.fleet.hosts import FleetHost, by_patterns
from runbook.params import Described, listing

FILE = "interface: enp4s0f0\naddress: 172.16.1.{n}/16\ngateway: 172.16.0.1\n"


@pytest.fixture
def described(tmp_path: Path) -> tuple[Described, ...]:
    for number in (1, 2):
        (tmp_path / f"server-0{number}.yaml").write_text(FILE.format(n=number))
    (tmp_path / "broken.yaml").write_text("interface: [\n")
    recorded = "connect: recorded\nrecording: example.json\nmode: plan\n"
    (tmp_path / "example.yaml").write_text(FILE.format(n=9) + recorded)
    return listing(tmp_path)


@pytest.mark.parametrize("pattern", ["web-*", "server-03", "", "../server-01/x"])
def test_a_pattern_that_means_no_host_is_refused(
    described: tuple[Described, ...], pattern: str
) -> None:
    with pytest.raises(CorrectParameters, match="no host of params/"):
        by_patterns([pattern], described)


def test_a_pattern_takes_no_recording_and_leaves_no_broken_file_out(
    described: tuple[Described, ...],
) -> None:
    names = [host.name for host in by_patterns(["params/*.yaml"], described)]
    assert names == ["broken", "server-01", "server-02"]
    assert by_patterns(["example"], described) == (FleetHost("example"),)


def test_a_host_that_two_patterns_mean_is_changed_once(described: tuple[Described, ...]) -> None:
    assert len(by_patterns(["server-*", "server-01", "params/server-01.yaml"], described)) == 2
