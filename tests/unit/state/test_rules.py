from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tests.unit.state import made_up_dumps
from tests.unit.state.made_up_dumps import Rule, newrule, rule_row
from tests.unit.state.recorded import as_documented, column, dump, host, said

from runbook.state import rules

key = attrgetter(*rules.KEY)
ROWS = rules.parse(dump("rules"))
# FR_ACT_* of linux/fib_rules.h; iproute2 leaves the usual one out.
ACTIONS = {"1": "lookup", "6": "blackhole", "7": "unreachable", "8": "prohibit"}


def expected(family: str, told: dict[str, Any]) -> tuple[object, ...]:
    whole = 128 if family == "inet6" else 32

    def prefix(word: str) -> str:
        address = told.get(word, "all")
        return "all" if address == "all" else f"{address}/{told.get(word + 'len', whole)}"

    mark = told.get("fwmark", "") + (f"/{told['fwmask']}" if "fwmask" in told else "")
    action = ACTIONS[told.get("action", "1")]
    ways = (told.get("iif", ""), told.get("oif", ""), mark, action, int(told.get("table", 0)))
    return (family, told["priority"], prefix("src"), prefix("dst"), *ways, "not" in told)


@given(made_up_dumps.rules)
def test_rules_of_any_layouts_are_decoded_as_each_of_them_is(there: list[Rule]) -> None:
    found = rules.parse(b"".join(map(newrule, there)))
    assert sorted(found) == sorted(map(rule_row, there))
    assert list(map(key, found)) == sorted(map(key, found))


@pytest.mark.parametrize("length", [0, 3, 200])
def test_an_attribute_that_is_cut_short_is_refused(length: int) -> None:
    raw = bytearray(dump("rules"))
    raw[28:30] = length.to_bytes(2, "little")
    with pytest.raises(ValueError, match="cut short"):
        rules.parse(bytes(raw))


def test_each_rule_is_what_iproute2_says() -> None:
    told = [expected("inet", one) for one in said("ip-rule.json")]
    told += [expected("inet6", one) for one in said("ip6-rule.json")]
    assert sorted(ROWS) == sorted(told)


def test_it_is_as_documented() -> None:
    assert as_documented(ROWS, rules.TABLE)
    assert as_documented(rules.parse(b""), rules.TABLE)


def test_two_rules_that_differ_in_more_than_is_read_are_two() -> None:
    assert len(column(ROWS, "table", priority=106)) == 2


def test_a_rule_bound_to_an_interface_names_it() -> None:
    assert column(ROWS, "iif", priority=103) == ["nic0"]
    assert column(ROWS, "oif", priority=104) == ["nic0"]


def test_the_recorded_host_has_the_kernel_s_own(tmp_path: Path) -> None:
    table = rules.read(host(tmp_path))
    assert as_documented(table, rules.TABLE)
    assert column(table, "priority", family="inet") == [0, 32766, 32767]
