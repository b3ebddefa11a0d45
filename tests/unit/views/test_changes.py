from __future__ import annotations

from tests.unit import hosts

from runbook.state.diff import diff
from runbook.views import changes, changes_folded


def test_each_kind_of_change_has_its_own_sign_and_colour() -> None:
    picture = changes(diff(hosts.before(), hosts.after()).rows)
    lines = [" ".join(line.split()) for line in picture.text.splitlines()]
    assert any(line.startswith("+ virbr1 inet 172.16.1.1 16") for line in lines)
    assert any(line.startswith("- enp4s0f0 inet 172.16.1.1 16") for line in lines)
    assert any(line.startswith("~") and "nothing → virbr1" in line for line in lines)
    for colour in ("rb-added", "rb-removed", "rb-changed"):
        assert colour in picture.body


def test_no_difference_is_said_and_not_left_blank() -> None:
    assert "no row differs" in changes(diff(hosts.before(), hosts.before()).rows).text


def test_neighbours_are_shown_apart_from_what_lasts() -> None:
    found = diff(hosts.before(), hosts.after())
    passing = found.rows[found.rows["table"] == "neighbours"]
    lasts, passes = changes_folded(found.settled.rows, passing).body.split("<details>")
    assert "neighbours" not in lasts
    assert "neighbours" in passes


def test_a_long_table_is_folded_on_the_page_and_counted_in_a_log() -> None:
    rules = [{"name": f"net.x.{n}", "value": "1"} for n in range(50)]
    found = diff(hosts.snapshot(), hosts.snapshot(sysctl=rules)).rows
    picture = changes_folded(found, found.head(0))
    assert "<summary>sysctl: 50 added" in picture.body
    assert picture.body.count("net.x.") == 50
    assert "net.x.7" not in picture.text


def test_after_an_undo_no_difference_is_folded_away() -> None:
    rules = [{"name": f"net.x.{n}", "value": "1"} for n in range(50)]
    picture = changes(diff(hosts.snapshot(), hosts.snapshot(sysctl=rules)).rows)
    assert "net.x.7 " in picture.text


def test_a_changed_file_shows_the_lines_that_changed_only() -> None:
    text = "".join(f"line {n}\n" for n in range(100))
    old = hosts.snapshot(files=[{"path": "/etc/network/interfaces", "content": text}])
    new = hosts.snapshot(
        files=[{"path": "/etc/network/interfaces", "content": text.replace("line 50", "line L")}]
    )
    picture = changes(diff(old, new).rows)
    assert "+line L" in picture.body
    assert "-line 50" in picture.body
    assert "line 90" not in picture.body
