from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import NOON
from tests.unit.hosts import snapshot
from tests.unit.state.made_up import CELLS, EMPTY, holding, rows_of, snapshots
from tests.unit.state.recorded import as_documented, host, program

from runbook.common.errors import ReadFailed
from runbook.state import diff as diffs
from runbook.state import snapshot as module
from runbook.state import units
from runbook.state.snapshot import TABLES, Snapshot, dumps, loads, take
from runbook.state.table import Table

SETTLED = [t for t in TABLES if not t.ephemeral]


@given(snapshots())
def test_what_was_saved_is_what_is_loaded(made: Snapshot) -> None:
    text = dumps(made)
    again = loads(text.encode().decode(), "here")
    assert again == made
    assert again.digest() == made.digest()
    assert dumps(again) == text


def test_the_whole_recorded_host_is_saved_and_loaded(tmp_path: Path) -> None:
    taken = take(host(tmp_path), NOON)
    for table in TABLES:
        assert as_documented(taken.rows(table.row), table)
    assert loads(dumps(taken), "here") == taken


def test_one_moment_of_a_host_differs_from_another() -> None:
    one = snapshot()
    assert one == snapshot()
    assert one != replace(one, taken_at=one.taken_at + timedelta(seconds=1))
    assert one != replace(one, host="server-02")


changes = st.sampled_from(TABLES).flatmap(
    lambda table: st.tuples(
        st.just(table), rows_of(table), st.sampled_from(list(table.columns)), st.data()
    )
)


def other(table: Table[Any], column: str, value: object, data: st.DataObject) -> object:
    """Another cell for that column."""
    return data.draw(CELLS[table.columns[column].dtype].filter(lambda cell: cell != value))


@given(changes)
def test_only_what_somebody_changed_changes_the_digest(
    change: tuple[Table[Any], dict[str, Any], str, st.DataObject],
) -> None:
    table, row, column, data = change
    changed = {**row, column: other(table, column, row[column], data)}
    one, two = holding({table.name: [row]}), holding({table.name: [changed]})
    moves = table.ephemeral or column in table.volatile
    assert (one.digest() == two.digest()) == moves


@given(st.sampled_from(SETTLED).flatmap(lambda t: st.tuples(st.just(t), rows_of(t))))
def test_a_row_more_changes_the_digest(pair: tuple[Table[Any], dict[str, Any]]) -> None:
    table, row = pair
    once, twice = holding({table.name: [row]}), holding({table.name: [row, row]})
    assert len({EMPTY.digest(), once.digest(), twice.digest()}) == 3


def test_another_machine_has_another_digest_and_another_moment_has_not() -> None:
    one = snapshot()
    assert replace(one, taken_at=one.taken_at + timedelta(hours=1)).digest() == one.digest()
    stranger = replace(one, identity=replace(one.identity, machine_id="c" * 32))
    assert stranger.digest() != one.digest()


def damaged(text: str, *path: str, value: object = None) -> str:
    """The snapshot's text with one place of it replaced, or taken away."""
    told = place = json.loads(text)
    for word in path[:-1]:
        place = place[word]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(told)


WHOLE = dumps(snapshot(links=[{"ifname": "lo"}]))
NEXT = module.FORMAT_VERSION + 1
LINK = json.loads(WHOLE)["tables"]["links"][0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        WHOLE[:-9],
        damaged(WHOLE, "format_version", value=0),
        damaged(WHOLE, "format_version", value=True),
        damaged(WHOLE, "format_version", value=NEXT),
        damaged(WHOLE, "format_version"),
        damaged(WHOLE, "host"),
        damaged(WHOLE, "taken_at", value="yesterday"),
        damaged(WHOLE, "tables", "routes"),
        damaged(WHOLE, "identity", "boot_id"),
        damaged(WHOLE, "identity", "shoe_size", value=46),
        damaged(WHOLE, "tables", "links", value=[{**LINK, "mtu": "large"}]),
        damaged(WHOLE, "tables", "links", value=[{"ifname": "lo"}]),
        damaged(WHOLE, "tables", "links", value=7),
    ],
)
def test_what_is_no_whole_snapshot_is_not_loaded(text: str) -> None:
    with pytest.raises(ReadFailed, match=r"before\.json is not a snapshot of format \d+ or older"):
        loads(text, "before.json")


@pytest.fixture
def newer_table(monkeypatch: pytest.MonkeyPatch) -> Table[Any]:
    """A program that has one table more than the program that took `WHOLE`."""
    newer = replace(units.TABLE, since=NEXT)
    tables = (*(table for table in TABLES if table.name != newer.name), newer)
    monkeypatch.setattr(module, "TABLES", tables)
    monkeypatch.setattr(diffs, "TABLES", tables)
    monkeypatch.setattr(module, "FORMAT_VERSION", NEXT)
    return newer


def test_a_snapshot_of_an_older_program_is_compared_without_a_newer_table(
    newer_table: Table[Any],
) -> None:
    before = loads(damaged(WHOLE, "tables", newer_table.name), "before.json")
    assert not before.has(newer_table)
    unit = {"name": "libvirtd.service", "state": "enabled"}
    now = replace(snapshot(links=[{"ifname": "lo"}], units=[unit]), format_version=NEXT)
    assert diffs.diff(before, now).empty
    now = replace(snapshot(units=[unit]), format_version=NEXT)
    assert set(diffs.diff(before, now).rows["table"]) == {"links"}
    assert loads(dumps(before), "before.json") == before


def test_a_newer_table_is_required_of_a_newer_snapshot(newer_table: Table[Any]) -> None:
    whole = damaged(WHOLE, "format_version", value=NEXT)
    assert loads(whole, "before.json").has(newer_table)
    with pytest.raises(ReadFailed, match="or older: KeyError"):
        loads(damaged(whole, "tables", newer_table.name), "before.json")


def test_what_an_earlier_version_kept_of_secrets_is_no_difference(tmp_path: Path) -> None:
    said = '-A INPUT -m comment --comment "password=hunter22" -j ACCEPT'
    text = f"*filter\n:INPUT ACCEPT [0:0]\n[0:0] {said}\nCOMMIT\n"
    answers = program("iptables-nft-save", "-c", stdout=text)
    now = take(host(tmp_path, answers), NOON)
    before = dumps(now).replace("password=<redacted>", "password=hunter22")
    assert "hunter22" in before
    assert loads(before, "before.json") == now
