from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import link, route
from tests.unit.hosts import snapshot
from tests.unit.state.made_up import CELLS, EMPTY, holding, rows_of, snapshots

from runbook.state.diff import COLUMNS, compare, diff
from runbook.state.snapshot import TABLES, Snapshot
from runbook.state.table import Table

FLIPPED = {"added": "removed", "removed": "added", "changed": "changed"}
Told = Counter[tuple[Any, ...]]


def told(before: Snapshot, after: Snapshot, *, volatile: bool = False) -> Told:
    found = diff(before, after, volatile=volatile)
    assert list(found.rows.columns) == COLUMNS
    return Counter(found.rows.itertuples(index=False, name=None))


def text(cell: Any) -> str:  # noqa: ANN401 - any cell
    return "" if cell is None else str(cell)


@given(snapshots(), st.booleans())
def test_nothing_differs_from_itself(one: Snapshot, volatile: bool) -> None:  # noqa: FBT001
    assert diff(one, one, volatile=volatile).empty
    assert str(diff(one, one)) == ""


@given(snapshots(), snapshots())
def test_the_way_back_is_the_way_there_turned_round(one: Snapshot, two: Snapshot) -> None:
    there, back = told(one, two, volatile=True), told(two, one, volatile=True)
    turned = Counter({(FLIPPED[c], t, k, n, a, b): m for (c, t, k, n, b, a), m in back.items()})
    assert there == turned


@given(snapshots(), snapshots())
def test_no_difference_is_missed_and_none_is_made_up(one: Snapshot, two: Snapshot) -> None:
    same = all(one.rows(t.row) == two.rows(t.row) for t in TABLES)
    assert diff(one, two, volatile=True).empty == same


@given(snapshots(), snapshots())
def test_what_the_digest_does_not_see_is_what_comes_and_goes(one: Snapshot, two: Snapshot) -> None:
    assert compare(one, two).empty == (one.digest() == two.digest())
    ephemeral = {t.name for t in TABLES if t.ephemeral}
    left = diff(one, two).rows
    settled = left[~left["table"].isin(ephemeral)].reset_index(drop=True)
    assert compare(one, two).rows.equals(settled)


@given(st.sampled_from(TABLES).flatmap(lambda t: st.tuples(st.just(t), rows_of(t), st.data())))
def test_a_cell_that_changes_is_told_with_both_values(
    case: tuple[Table[Any], dict[str, Any], st.DataObject],
) -> None:
    table, row, data = case
    column = data.draw(st.sampled_from([name for name in table.columns if name not in table.key]))
    value = data.draw(CELLS[table.columns[column].dtype].filter(lambda cell: cell != row[column]))
    one, two = holding({table.name: [row]}), holding({table.name: [{**row, column: value}]})
    everything = told(one, two, volatile=True)
    ((change, name, _, where, before, after),) = everything
    assert (change, name, where) == ("changed", table.name, column)
    assert (before, after) == (text(row[column]), text(value))
    assert told(one, two) == (Counter() if column in table.volatile else everything)


@given(st.sampled_from(TABLES).flatmap(lambda t: st.tuples(st.just(t), rows_of(t))))
def test_a_row_that_comes_or_goes_is_told_by_its_key(
    case: tuple[Table[Any], dict[str, Any]],
) -> None:
    table, row = case
    one, two = holding({table.name: [row]}), holding({table.name: [row, row]})
    for before, after in ((EMPTY, one), (one, two)):
        ((change, name, key, column, was, _),) = told(before, after)
        assert (change, name, column, was) == ("added", table.name, "", "")
        assert all(str(row[part]) in key for part in table.key)
        assert [line[0] for line in told(after, before)] == ["removed"]


def chain(*targets: str, name: str = "INPUT") -> Snapshot:
    """A chain that holds these rules in this order."""
    rules = [(n, f"-A {name} -j {target}") for n, target in enumerate(targets, start=1)]
    place = {"backend": "nft", "family": "inet", "table": "filter", "chain": name}
    rest = {"nth": 1, "packets": 0, "bytes": 0}
    return holding({"firewall": [{**place, "position": n, "rule": r, **rest} for n, r in rules]})


def order(before: Snapshot, after: Snapshot) -> list[tuple[str, str, str]]:
    """Rule, what it followed, what it follows."""
    assert compare(before, after).empty == (before.digest() == after.digest())
    moved = compare(before, after).rows
    moved = moved[moved["column"] == "order"]
    rules = moved["key"].str.extract(r"-j (\w+)")[0]
    return list(zip(rules, moved["before"], moved["after"], strict=True))


def test_rules_that_change_places_are_told_and_those_about_them_are_not() -> None:
    before, after = chain("A", "ACCEPT", "DROP", "B"), chain("A", "DROP", "ACCEPT", "B")
    assert order(before, after) == [
        ("ACCEPT", "after -A INPUT -j A 1", "after -A INPUT -j DROP 1"),
        ("DROP", "after -A INPUT -j ACCEPT 1", "after -A INPUT -j A 1"),
        ("B", "after -A INPUT -j DROP 1", "after -A INPUT -j ACCEPT 1"),
    ]
    swapped = order(chain("ACCEPT", "DROP"), chain("DROP", "ACCEPT"))
    assert swapped[1] == ("DROP", "after -A INPUT -j ACCEPT 1", "first")
    assert "order: after -A INPUT -j A 1 -> after" in str(compare(before, after))


@given(st.permutations("ABCDEF"), st.permutations("ABCDEF"))
def test_no_order_is_taken_for_another(one: list[str], two: list[str]) -> None:
    assert bool(order(chain(*one), chain(*two))) == (one != two)


@given(st.lists(st.sampled_from("ABCDEF"), unique=True), st.integers(0, 6))
def test_a_rule_that_comes_or_goes_moves_no_other(rules: list[str], at: int) -> None:
    more = [*rules[:at], "NEW", *rules[at:]]
    for before, after in ((rules, more), (more, rules)):
        assert order(chain(*before), chain(*after)) == []
        assert len(compare(chain(*before), chain(*after)).rows) == 1


def test_libvirt_may_order_its_own_chains_as_it_likes() -> None:
    own = "LIBVIRT_FWI"
    assert order(chain("A", "B", name=own), chain("B", "A", name=own)) == []


def test_a_person_reads_one_line_a_difference() -> None:
    before = snapshot(links=[link("enp4s0f0", mtu=1500)], routes=[route("default", "enp4s0f0")])
    after = snapshot(links=[link("enp4s0f0", mtu=9000), link("virbr1")])
    assert str(diff(before, after)).split("\n") == [
        "  + links: virbr1",
        "  ~ links: enp4s0f0 mtu: 1500 -> 9000",
        "  - routes: inet 254 unicast default 0 0 enp4s0f0",
    ]


@pytest.mark.parametrize("table", [t for t in TABLES if t.volatile], ids=lambda table: table.name)
def test_counters_and_ages_are_looked_at_only_when_asked_for(table: Table[Any]) -> None:
    assert set(table.volatile) < set(table.columns)
    assert not set(table.volatile) & set(table.key)


NIC_LEASES = "/var/lib/dhcp/dhclient.enp4s0f0.leases"


def client(argv: str) -> Snapshot:
    row = {"client": "dhclient", "pid": 7, "ifname": "enp4s0f0", "lease_file": NIC_LEASES}
    rest = {"address": "", "server": "", "expires": ""}
    return fakes.seen(leases=[{**row, "argv": argv, **rest}])


def test_a_dhcp_client_that_the_undo_started_with_the_same_options_is_as_before() -> None:
    before = client(f"/sbin/dhclient -4 -v -i -lf {NIC_LEASES} -I enp4s0f0")
    after = client(f"dhclient -v -4 -i -I -lf {NIC_LEASES} enp4s0f0")
    assert compare(before, after).empty


def test_a_dhcp_client_that_lacks_an_option_is_a_difference() -> None:
    before, after = client("/sbin/dhclient -4 -v enp4s0f0"), client("dhclient -4 enp4s0f0")
    assert set(compare(before, after).rows["column"]) == {"argv"}


def test_a_dhcp_client_whose_options_changed_values_is_a_difference() -> None:
    before, after = (
        client("dhclient -lf /a -df /b enp4s0f0"),
        client("dhclient -lf /b -df /a enp4s0f0"),
    )
    assert set(compare(before, after).rows["column"]) == {"argv"}


def test_files_that_an_earlier_version_did_not_read_are_no_difference_after_an_undo() -> None:
    before = fakes.seen()
    enabled = fakes.file("/run/cloud-init/enabled", "")
    config = fakes.file("/etc/cloud/cloud.cfg", "")
    later = fakes.seen(**fakes.more("files", enabled, config))
    assert compare(before, later).empty
    # One that was read before, and is new now, is a difference.
    known = fakes.seen(**fakes.more("files", enabled))
    assert list(compare(known, later).rows["key"]) == ["/etc/cloud/cloud.cfg"]
    plain = fakes.file("/etc/network/interfaces.d/new", "")
    assert not compare(before, fakes.seen(**fakes.more("files", plain))).empty
