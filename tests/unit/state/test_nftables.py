from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.state.recorded import as_documented, column, host, program, text

from runbook.common.errors import ReadFailed
from runbook.state import nftables

RECORDED = text("nft.json")
ROWS = nftables.parse(RECORDED, {("ip", "mangle")})
LISTING = ("nft", "-j", "list", "ruleset")
ACCEPT: list[Any] = [{"counter": {"packets": 1, "bytes": 60}}, {"accept": None}]


def document(*items: dict[str, Any]) -> str:
    return json.dumps({"nftables": [{"metainfo": {"json_schema_version": 1}}, *items]})


def chain(name: str = "input", table: str = "host", family: str = "inet") -> dict[str, Any]:
    hook = {"type": "filter", "hook": "input", "prio": 0, "policy": "drop"}
    return {"chain": {"family": family, "table": table, "name": name, "handle": 1, **hook}}


def rule(expr: list[Any], handle: int, table: str = "host", family: str = "inet") -> dict[str, Any]:
    place = {"family": family, "table": table, "chain": "input", "handle": handle}
    return {"rule": {**place, "expr": expr}}


def answer(stdout: str, returncode: int = 0, stderr: str = "") -> dict[Any, Any]:
    return program(*LISTING, returncode=returncode, stdout=stdout, stderr=stderr)


def test_it_is_as_documented() -> None:
    assert as_documented(ROWS, nftables.TABLE)
    assert as_documented(nftables.parse(document()), nftables.TABLE)


def test_rules_that_iptables_shows_are_not_told_twice() -> None:
    assert ("ip", "filter") not in set(
        zip(column(ROWS, "family"), column(ROWS, "table"), strict=True)
    )
    assert column(ROWS, "chain", family="inet", table="filter", position=0) == ["input"]


@pytest.mark.parametrize("place", [("ip", "mangle"), ("ip6", "nat")])
def test_native_rules_in_a_table_named_like_one_of_iptables_are_not_lost(
    place: tuple[str, str],
) -> None:
    family, table = place
    (found,) = column(ROWS, "rule", family=family, table=table, position=1)
    assert '"nic0"' in found


def test_a_name_in_a_set_or_a_map_is_seen() -> None:
    shown = column(ROWS, "rule", family="inet", table="named")
    chains = column(ROWS, "chain", family="inet", table="named")
    assert chains == ["map verdicts", "set seen", "set ways"]
    assert ['"nic0"' in one for one in shown] == [True, False, True]


def test_what_comes_and_goes_in_a_set_is_left_out() -> None:
    (seen,) = column(ROWS, "rule", chain="set seen")
    assert "10.0.0.9" not in seen
    assert "timeout" in seen


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62), st.integers(1, 9000))
def test_a_counter_a_quota_and_a_handle_say_nothing_new(packets: int, used: int, to: int) -> None:
    quota = {"val": 10, "val_unit": "mbytes", "used": used, "used_unit": "bytes"}
    moved = [{"counter": {"packets": packets, "bytes": 60}}, {"quota": quota}, {"drop": None}]
    still = [{"counter": {"packets": 0, "bytes": 0}}, {"quota": {**quota, "used": 0}}, moved[2]]
    before = nftables.parse(document(chain(), rule(still, 2)))
    after = nftables.parse(document(chain(), rule(moved, to)))
    assert before == after


@given(st.lists(st.sampled_from(["accept", "drop", "return"]), max_size=6))
def test_rules_stand_in_the_order_of_their_chain(verdicts: list[str]) -> None:
    rules = [rule([{verdict: None}], n) for n, verdict in enumerate(verdicts, start=2)]
    table = nftables.parse(document(chain(), *rules))
    assert column(table, "position") == list(range(len(verdicts) + 1))
    assert [word for v in column(table, "rule")[1:] for word in json.loads(v)[0]] == verdicts


def test_a_policy_and_a_hook_are_part_of_the_chain() -> None:
    open_chain = chain()
    open_chain["chain"]["policy"] = "accept"
    shut, opened = nftables.parse(document(chain())), nftables.parse(document(open_chain))
    assert shut != opened


def test_the_recorded_host_has_none(tmp_path: Path) -> None:
    assert as_documented(nftables.read(host(tmp_path)), nftables.TABLE)


def test_iptables_is_asked_what_it_cannot_show(tmp_path: Path) -> None:
    shown = program("iptables-nft-save", "-c", stdout=text("iptables-nft-save.txt"))
    found = nftables.read(host(tmp_path, {**answer(RECORDED), **shown}))
    assert found == ROWS
    assert "mangle" not in set(column(nftables.parse(RECORDED), "table"))


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (answer("", 127, "nft: not found"), "nft: not found"),
        (answer("", 1, "Operation not permitted"), "Operation not permitted"),
        (answer(""), "nftables makes no sense"),
        (answer("{}"), "nftables makes no sense"),
        (answer(RECORDED[:-3]), "nftables makes no sense"),
        (answer('{"nftables": [{"rule": {"family": "ip"}}]}'), "nftables makes no sense"),
    ],
)
def test_rules_that_cannot_be_read_are_not_no_rules(
    tmp_path: Path, told: dict[Any, Any], what: str
) -> None:
    with pytest.raises(ReadFailed, match=what) as failed:
        nftables.read(host(tmp_path, told))
    assert failed.value.host == "server-01"
