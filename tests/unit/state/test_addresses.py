from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.state.recorded import as_documented, column, dump, host, names, said

from runbook.state import addresses
from runbook.state.addresses import AddressRow

ROWS = addresses.parse(dump("addresses"), names())
SAID = [
    {**told, "ifname": link["ifname"]}
    for link in said("ip-addr.json")
    for told in link["addr_info"]
]
FOREVER = 0xFFFFFFFF


def row(told: dict[str, Any]) -> AddressRow:
    place = (told["ifname"], told["local"])
    (found,) = (row for row in ROWS if (row.ifname, row.address) == place)
    return found


def test_it_is_as_documented() -> None:
    assert as_documented(ROWS, addresses.TABLE)
    assert as_documented(addresses.parse(b"", {}), addresses.TABLE)


def test_no_address_is_left_out() -> None:
    assert len(ROWS) == len(SAID)
    assert len(column(ROWS, "address", ifname="nic0", family="inet")) == 3


@pytest.mark.parametrize("told", SAID, ids=lambda told: told["local"])
def test_each_address_is_what_iproute2_says(told: dict[str, Any]) -> None:
    found = row(told)
    for ours, theirs in (("family", "family"), ("prefixlen", "prefixlen"), ("scope", "scope")):
        assert getattr(found, ours) == told[theirs]
    assert found.broadcast == told.get("broadcast", "")
    assert found.label == told.get("label", "")
    words = ("secondary", "deprecated", "noprefixroute", "nodad", "tentative")
    expected = {word for word in words if told.get(word)}
    assert set(found.flags.split()) - {"permanent"} == expected
    assert ("permanent" in found.flags) != bool(told.get("dynamic"))


@pytest.mark.parametrize("told", SAID, ids=lambda told: told["local"])
def test_what_is_lent_says_for_how_long(told: dict[str, Any]) -> None:
    found = row(told)
    for ours, theirs in (
        ("valid_lft_s", "valid_life_time"),
        ("preferred_lft_s", "preferred_life_time"),
    ):
        seconds = getattr(found, ours)
        if told[theirs] == FOREVER:
            assert seconds is None
        else:
            # Some seconds may lie between the two askings.
            assert 0 <= seconds - told[theirs] <= 5


def test_the_address_of_a_point_to_point_link_is_the_near_one() -> None:
    assert "10.9.0.1" in set(column(ROWS, "address"))
    assert "10.9.0.2" not in set(column(ROWS, "address"))


def test_an_interface_that_went_meanwhile_is_told_by_its_number() -> None:
    assert set(column(addresses.parse(dump("addresses"), {}), "ifname")) >= {"if1", "if2"}


def test_the_recorded_host_holds_its_address(tmp_path: Path) -> None:
    table = addresses.read(host(tmp_path))
    assert as_documented(table, addresses.TABLE)
    assert column(table, "address", ifname="enp4s0f0", family="inet") == ["172.16.1.1"]
    assert column(table, "prefixlen", address="172.16.1.1") == [16]
