from __future__ import annotations

from pathlib import Path

from tests.unit.state.recorded import as_documented, column, dump, host, names, said

from runbook.state import neighbours


def test_each_neighbour_is_what_iproute2_says() -> None:
    table = neighbours.parse(dump("neighbours"), names())
    assert as_documented(table, neighbours.TABLE)
    found = ((row.ifname, row.address, row.mac, row.state) for row in table)
    told = (
        (one["dev"], one["dst"], one.get("lladdr", ""), one["state"][0])
        for one in said("ip-neigh.json")
    )
    assert sorted(found) == sorted(told)


def test_the_families_are_told_apart() -> None:
    table = neighbours.parse(dump("neighbours"), names())
    assert column(table, "address", family="inet6") == ["fe80::1"]


def test_the_recorded_host_knows_its_gateway(tmp_path: Path) -> None:
    table = neighbours.read(host(tmp_path))
    assert as_documented(table, neighbours.TABLE)
    assert column(table, "ifname", address="172.16.0.1") == ["enp4s0f0"]
