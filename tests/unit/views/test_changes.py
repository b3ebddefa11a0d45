from __future__ import annotations

from tests.unit import hosts

from runbook.state.diff import diff
from runbook.views import changes


def test_each_kind_of_change_has_its_own_sign_and_colour() -> None:
    picture = changes(diff(hosts.before(), hosts.after()).found)
    lines = [" ".join(line.split()) for line in picture.text.splitlines()]
    assert any(line.startswith("+ virbr1 inet 172.16.1.1 16") for line in lines)
    assert any(line.startswith("- enp4s0f0 inet 172.16.1.1 16") for line in lines)
    assert any(line.startswith("~") and "nothing → virbr1" in line for line in lines)
    for colour in ("rb-added", "rb-removed", "rb-changed"):
        assert colour in picture.body


def test_no_difference_is_said_and_not_left_blank() -> None:
    assert "no row differs" in changes(diff(hosts.before(), hosts.before()).found).text


def test_after_an_undo_no_difference_is_folded_away() -> None:
    rules = [{"name": f"net.x.{n}", "value": "1"} for n in range(50)]
    picture = changes(diff(hosts.snapshot(), hosts.snapshot(sysctl=rules)).found)
    assert "net.x.7 " in picture.text


def test_a_changed_file_shows_the_lines_that_changed_only() -> None:
    text = "".join(f"line {n}\n" for n in range(100))
    old = hosts.snapshot(files=[{"path": "/etc/network/interfaces", "content": text}])
    new = hosts.snapshot(
        files=[{"path": "/etc/network/interfaces", "content": text.replace("line 50", "line L")}]
    )
    picture = changes(diff(old, new).found)
    assert "+line L" in picture.body
    assert "-line 50" in picture.body
    assert "line 90" not in picture.body


def test_a_field_that_holds_nothing_is_left_out() -> None:
    route = {"family": "inet", "table": 254, "type": "unicast", "dst": "10.9.0.0/16"}
    new = hosts.snapshot(routes=[{**route, "protocol": "static"}])
    text = changes(diff(hosts.snapshot(), new).found).text
    assert "protocol=static" in text
    assert "prefsrc=" not in text
