"""Which hosts are meant: by files of params/, by inventories, whatever is in those."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import CorrectParameters
from runbook.fleet.hosts import FleetHost, by_patterns, from_inventory
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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"_meta": {}}',
        '{"_meta": {}, "web": {"hosts": ["../../etc/passwd"]}}',
        '{"_meta": {}, "web": {"hosts": ["-oProxyCommand=x"]}}',
        '{"_meta": {}, "web": {"hosts": [7]}}',
        '{"_meta": {}, "web": []}',
        '{"results": []}',
        '{"results": [{"id": 7}]}',
        '{"results": ["server-01"]}',
        '{"results": [{"name": "a b"}]}',
    ],
)
def test_an_inventory_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(CorrectParameters, match="inventory cannot be used"):
        from_inventory(text)


@given(st.text(max_size=40) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_text_gives_hosts_or_our_own_error(text: str) -> None:
    with suppress(CorrectParameters):
        from_inventory(text)


def test_ansible_s_groups_and_netbox_s_tags_are_the_groups() -> None:
    ansible = {
        "_meta": {"hostvars": {}},
        "all": {"children": ["web", "ungrouped"]},
        "web": {"hosts": ["server-01", "server-02"]},
        "rack-1": {"hosts": ["server-01"]},
    }
    assert from_inventory(json.dumps(ansible)) == (
        FleetHost("server-01", ("web", "rack-1")),
        FleetHost("server-02", ("web",)),
    )
    netbox = {"results": [{"name": "server-01", "tags": [{"slug": "kvm"}]}, {"name": "server-02"}]}
    assert from_inventory(json.dumps(netbox)) == (
        FleetHost("server-01", ("kvm",)),
        FleetHost("server-02"),
    )
