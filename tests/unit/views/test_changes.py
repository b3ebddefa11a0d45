from __future__ import annotations

from tests.unit import hosts

from runbook.state.diff import diff
from runbook.views import changes, settled_and_passing


def test_each_kind_of_change_has_its_own_sign_and_colour() -> None:
    picture = changes(diff(hosts.before(), hosts.after()).rows)
    lines = [" ".join(line.split()) for line in picture.text.splitlines()]
    assert any(line.startswith("+ addresses virbr1 inet 172.16.1.1 16") for line in lines)
    assert any(line.startswith("- addresses enp4s0f0 inet 172.16.1.1 16") for line in lines)
    assert any(line.startswith("~") and "nothing → virbr1" in line for line in lines)
    for colour in ("rb-added", "rb-removed", "rb-changed"):
        assert colour in picture.body


def test_no_difference_is_said_and_not_left_blank() -> None:
    assert "no row differs" in changes(diff(hosts.before(), hosts.before()).rows).text


def test_neighbours_are_shown_apart_from_what_lasts() -> None:
    found = diff(hosts.before(), hosts.after())
    lasting = found.settled.rows
    picture = settled_and_passing(lasting, found.rows[found.rows["table"] == "neighbours"])
    lasts, passes = picture.body.split("<details>")
    assert "neighbours" not in lasts
    assert "neighbours" in passes


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
