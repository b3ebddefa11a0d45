from __future__ import annotations

from pathlib import Path

import pytest

from runbook.common.errors import CorrectParameters, ParameterError
from runbook.params import NAMES, for_host, resolve
from runbook.params.draft import GROUPS, draft, plain
from runbook.params.file import parse

ROOT = Path(__file__).parents[3]
VALUES: dict[str, object] = {
    "connect": "ssh",
    "interface": "enp4s0f0",
    "address": "172.16.1.5/16",
    "gateway": "172.16.0.1",
    "bridge_mac": "52:54:00:12:34:56",
    "stp": True,
    "consent": ("bpdu",),
    "probes": ("172.16.0.1", "10.99.0.2:443"),
}


def test_a_new_file_gives_the_values_it_was_made_from(tmp_path: Path) -> None:
    text = draft("server-05", VALUES, None)
    (tmp_path / "server-05.yaml").write_text(text)
    read = for_host(tmp_path, {"host": "server-05"})
    assert plain(read) == plain(resolve(VALUES, {"host": "server-05"}))
    assert text.startswith("# server-05: how to reach it")
    assert "# The physical router. Never the host itself.\ngateway: 172.16.0.1\n" in text


def test_what_is_not_given_is_not_in_it() -> None:
    text = draft("server-05", {**VALUES, "router": None, "consent": ()}, None)
    assert "router:" not in text
    assert "consent:" not in text


def test_every_parameter_of_a_file_has_its_place_in_a_new_one() -> None:
    placed = [name for _, names in GROUPS for name in names]
    # Guests are no matter of a survey; those that a file has stay as they are in it.
    left = set(NAMES) - {"host", "guests"}
    assert sorted(placed) == sorted(left)


def test_the_guests_of_a_file_stay_in_it_as_they_are() -> None:
    guests = "guests:\n  - name: vm-01\n    address: 172.16.1.10/16\n"
    old = (ROOT / "params/server-01.yaml").read_text() + guests
    given = resolve(parse(old, ""), {"host": "server-01"})
    values = {name: getattr(given, name) for name in (*VALUES, "guests")}
    new = draft("server-01", {**values, "bridge": "virbr9"}, old)
    assert new == old.replace("bridge: virbr1", "bridge: virbr9")


def test_in_a_file_that_is_there_only_what_differs_is_changed() -> None:
    old = (ROOT / "params/server-01.yaml").read_text()
    given = for_host(ROOT / "params", {"host": "server-01"})
    same = {name: getattr(given, name) for name in VALUES}
    assert draft("server-01", same, old) == old
    assert draft("server-01", {**same, "stp": False}, old) == old.replace("stp: true", "stp: false")


def test_a_list_that_was_written_as_one_text_stays_so() -> None:
    old = (
        "interface: a\naddress: 172.16.1.5/16\ngateway: 172.16.0.1\nprobes: 172.16.0.1, 10.0.0.1\n"
    )
    values = {"interface": "b", "address": "172.16.1.5/16", "gateway": "172.16.0.1"}
    probes = ("172.16.0.1", "10.0.0.1")
    changed = draft("x", {**values, "probes": probes}, old)
    assert changed == old.replace("interface: a", "interface: b")


@pytest.mark.parametrize("old", ["{stp: true}", "- a list", "stp: *x", "stp: true\n...\n"])
def test_a_file_that_cannot_be_changed_so_is_not(old: str) -> None:
    with pytest.raises(CorrectParameters, match="cannot be written"):
        draft("server-05", VALUES, old)


def test_wrong_values_are_not_drafted() -> None:
    with pytest.raises(ParameterError, match="no host can hold"):
        draft("server-05", {**VALUES, "gateway": "172.16.255.255"}, None)


def test_a_file_with_a_wrong_value_can_be_mended() -> None:
    old = "interface: a\naddress: wrong\ngateway: 172.16.0.1\n"
    values = {"interface": "a", "address": "172.16.1.5/16", "gateway": "172.16.0.1"}
    assert draft("x", values, old) == old.replace("wrong", "172.16.1.5/16")
