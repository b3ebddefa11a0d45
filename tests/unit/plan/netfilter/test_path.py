from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import Row

from runbook.plan.netfilter.native import native
from runbook.plan.netfilter.packet import arriving, leaving
from runbook.plan.netfilter.path import IN, OUT, Rules, judge
from runbook.plan.netfilter.ruleset import live
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection
from runbook.state.nftables import NftablesRow

OPERATOR = Connection("10.99.0.2", 50000, fakes.IP, 22)
NEW, OLD = (arriving(OPERATOR, "eth0", state) for state in ("NEW", "ESTABLISHED"))


def rules(*rows: Row, nft: tuple[Row, ...] = ()) -> Rules:
    seen = fakes.seen(firewall=list(rows), nftables=list(nft))
    return Rules(live(seen.rows(FirewallRow)), seen.rows(NftablesRow))


def row(said: str, position: int = 1, **other: object) -> Row:
    place = {"family": "inet", "table": "host", "chain": "input"}
    return {**place, "position": position, "rule": said, **other}


HOOK = row('{"hook": "input", "policy": "accept"}', 0)
DROP = row('[{"drop": null}]', chain="other")


def test_a_host_without_rules_accepts() -> None:
    assert judge(rules(), NEW, IN).verdict == "ACCEPT"


@pytest.mark.parametrize("table", ["raw", "mangle", "security"])
@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_any_table_of_either_backend_can_drop(table: str, backend: str) -> None:
    chain = "PREROUTING" if table != "security" else "INPUT"
    dropping = fakes.rule(f"-A {chain} -p tcp -j DROP", 1, table=table, backend=backend)
    found = judge(rules(dropping), OLD, IN)
    assert found.verdict == "DROP"
    assert table in found.explanation
    assert judge(rules(dropping), leaving(OPERATOR, "eth0"), OUT).verdict == "ACCEPT"


def test_nat_is_asked_about_a_first_packet_only() -> None:
    away = fakes.rule("-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1", 1, table="nat")
    assert judge(rules(away), NEW, IN).verdict == "UNSURE"
    assert judge(rules(away), OLD, IN).verdict == "ACCEPT"


def test_what_surely_drops_counts_more_than_a_doubt_before_it() -> None:
    doubt = fakes.rule("-A PREROUTING -m mark --mark 1 -j DROP", 1, table="raw")
    assert judge(rules(doubt, fakes.rule("-P INPUT DROP", 0)), NEW, IN).verdict == "DROP"
    assert judge(rules(doubt), NEW, IN).verdict == "UNSURE"


@pytest.mark.parametrize(
    ("nft", "verdict"),
    [
        ((HOOK,), "ACCEPT"),
        ((HOOK, DROP), "UNSURE"),
        ((HOOK, row('[{"match": 1}, {"reject": null}]')), "UNSURE"),
        ((HOOK, row('[{"counter": null}, {"accept": null}]')), "ACCEPT"),
        ((row('{"hook": "input", "policy": "drop"}', 0),), "UNSURE"),
        ((row('{"hook": "forward", "policy": "drop"}', 0),), "ACCEPT"),
        ((row('{"hook": "input", "policy": "drop"}', 0, family="ip6"),), "ACCEPT"),
        ((DROP,), "ACCEPT"),
    ],
)
def test_a_native_table_that_could_drop_is_a_doubt(nft: tuple[Row, ...], verdict: str) -> None:
    assert judge(rules(nft=nft), NEW, IN).verdict == verdict
    assert native(rules(nft=nft).nftables, "inet", ("input",)).verdict == verdict
