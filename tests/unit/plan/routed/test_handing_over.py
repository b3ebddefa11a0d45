"""A host that asks for the way back gets no frame by the bridge before the routes lead there."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit import fakes

from runbook.plan.changes.steps import GatedNetlink
from runbook.plan.routed.procedure import make_plan

Row = dict[str, Any]


def joining(**tables: list[Row]) -> str:
    plan = make_plan(fakes.params(), fakes.seen(**tables))
    (step,) = (n.step for n in plan.steps() if isinstance(n.step, GatedNetlink))
    return step.joining


def strict(ifname: str) -> dict[str, list[Row]]:
    rows = [row for row in fakes.standard()["sysctl"] if "rp_filter" not in row["name"]]
    return {"sysctl": [*rows, {"name": f"net.ipv4.conf.{ifname}.rp_filter", "value": "1"}]}


@pytest.mark.parametrize("ifname", ["all", fakes.NIC])
def test_a_host_whose_kernel_is_strict_gets_none(ifname: str) -> None:
    assert joining(**strict(ifname)) == ""


OF_NFT = {
    "family": "inet",
    "table": "t",
    "chain": "c",
    "position": 1,
    "rule": '{"expr": [{"match": {"left": {"fib": {"flags": ["saddr", "iif"]}}}}]}',
}


@pytest.mark.parametrize(
    "rows",
    [
        fakes.more("firewall", fakes.rule("-A PREROUTING -m rpfilter -j DROP", 1, table="raw")),
        fakes.more("nftables", OF_NFT),
    ],
    ids=["iptables", "nftables"],
)
def test_a_host_with_a_rule_that_asks_for_the_way_back_gets_none(
    rows: dict[str, list[Row]],
) -> None:
    assert joining(**rows) == ""


def test_any_other_host_gets_them() -> None:
    assert joining() == fakes.NIC
    assert joining(**strict("lo")) == fakes.NIC
