from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.unit.state.recorded import as_documented, column, dump, host, names, said

from runbook.state import addresses

FRAME = addresses.parse(dump("addresses"), names())
SAID = [
    {**told, "ifname": link["ifname"]}
    for link in said("ip-addr.json")
    for told in link["addr_info"]
]
FOREVER = 0xFFFFFFFF


def row(told: dict[str, Any]) -> dict[str, Any]:
    held = FRAME[(FRAME["ifname"] == told["ifname"]) & (FRAME["address"] == told["local"])]
    (found,) = held.to_dict("records")
    return {str(name): cell for name, cell in found.items()}


def test_it_is_as_documented() -> None:
    assert as_documented(FRAME, addresses.TABLE)
    assert as_documented(addresses.parse(b"", {}), addresses.TABLE)


def test_no_address_is_left_out() -> None:
    assert len(FRAME) == len(SAID)
    assert len(column(FRAME, "address", ifname="nic0", family="inet")) == 3


@pytest.mark.parametrize("told", SAID, ids=lambda told: told["local"])
def test_each_address_is_what_iproute2_says(told: dict[str, Any]) -> None:
    found = row(told)
    for ours, theirs in (("family", "family"), ("prefixlen", "prefixlen"), ("scope", "scope")):
        assert found[ours] == told[theirs]
    assert found["broadcast"] == told.get("broadcast", "")
    assert found["label"] == told.get("label", "")
    words = ("secondary", "deprecated", "noprefixroute", "nodad", "tentative")
    expected = {word for word in words if told.get(word)}
    assert set(found["flags"].split()) - {"permanent"} == expected
    assert ("permanent" in found["flags"]) != bool(told.get("dynamic"))


@pytest.mark.parametrize("told", SAID, ids=lambda told: told["local"])
def test_what_is_lent_says_for_how_long(told: dict[str, Any]) -> None:
    found = row(told)
    for ours, theirs in (
        ("valid_lft_s", "valid_life_time"),
        ("preferred_lft_s", "preferred_life_time"),
    ):
        if told[theirs] == FOREVER:
            assert pd.isna(found[ours])
        else:
            # Some seconds may lie between the two askings.
            assert 0 <= found[ours] - told[theirs] <= 5


def test_the_address_of_a_point_to_point_link_is_the_near_one() -> None:
    assert "10.9.0.1" in set(FRAME["address"])
    assert "10.9.0.2" not in set(FRAME["address"])


def test_an_interface_that_went_meanwhile_is_told_by_its_number() -> None:
    assert set(addresses.parse(dump("addresses"), {})["ifname"]) >= {"if1", "if2"}


def test_the_recorded_host_holds_its_address(tmp_path: Path) -> None:
    frame = addresses.read(host(tmp_path))
    assert as_documented(frame, addresses.TABLE)
    assert column(frame, "address", ifname="enp4s0f0", family="inet") == ["172.16.1.1"]
    assert column(frame, "prefixlen", address="172.16.1.1") == [16]
