from __future__ import annotations

import re

import pytest
from tests.unit import hosts
from tests.unit.hosts import BRIDGE, LAN, NIC, OWN, ROUTER, Row

from runbook.state.snapshot import Snapshot
from runbook.views import side_by_side, state

PLACE = {"backend": "nft", "family": "inet", "table": "filter", "chain": "INPUT", "nth": 1}
SSH = {**PLACE, "position": 1, "rule": "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"}
WEB = {**PLACE, "position": 2, "rule": "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"}
JUMP = {**PLACE, "position": 1, "rule": "-A INPUT -j LIBVIRT_INP"}
OWN_RULE = {
    **PLACE,
    "chain": "LIBVIRT_INP",
    "position": 1,
    "rule": "-A LIBVIRT_INP -i virbr1 -j ACCEPT",
}
POLICY = {**PLACE, "position": 0, "rule": "-P INPUT DROP"}


def lines(before: Snapshot, after: Snapshot) -> list[str]:
    return [re.sub(r"  +", " | ", line) for line in side_by_side(before, after).text.splitlines()]


def row(found: list[str], *words: str) -> str:
    (line,) = [line for line in found if all(word in line for word in words)]
    return line


def of_rules(before: list[Row], after: list[Row]) -> list[str]:
    found = lines(hosts.snapshot(firewall=before), hosts.snapshot(firewall=after))
    return [line for line in found if "iptables-nft" in line]


def test_an_address_that_moved_is_one_row_with_both_interfaces() -> None:
    line = row(lines(hosts.before(), hosts.after()), f"inet | {OWN} | 16")
    assert line.startswith("~")
    assert f"{NIC} → {BRIDGE}" in line


@pytest.mark.parametrize("dst", ["default", LAN])
def test_a_route_that_moved_is_one_row_with_both_interfaces(dst: str) -> None:
    line = row(lines(hosts.before(), hosts.after()), f"inet | {dst}")
    assert line.startswith("~")
    assert f"{NIC} → {BRIDGE}" in line


def test_the_router_s_entry_in_the_arp_table_is_in_the_open() -> None:
    line = row(lines(hosts.before(), hosts.after()), ROUTER, "02:00:00:00:ff:01")
    assert f"{NIC} → {BRIDGE}" in line


def test_what_is_as_before_is_there_without_a_sign() -> None:
    found = lines(hosts.before(), hosts.after())
    assert row(found, "127.0.0.1").startswith(" | ")
    assert row(found, "vnet9", "tun").startswith(" | ")


def test_a_column_that_holds_nothing_is_left_out() -> None:
    found = lines(hosts.before(), hosts.after())
    head = found[found.index(row(found, "Routes: ")) + 1]
    assert "metric" in head
    assert "scope" in head
    bare = hosts.snapshot(routes=[{"family": "inet", "table": 254, "type": "unicast", "dst": LAN}])
    found = lines(bare, bare)
    assert "gateway" not in found[found.index(row(found, "Routes: ")) + 1]


def test_a_difference_in_a_column_that_is_not_shown_as_a_rule_is_not_hidden() -> None:
    def of(mtu: int | None) -> Snapshot:
        route = {"family": "inet", "table": 254, "type": "unicast", "dst": LAN, "mtu": mtu}
        return hosts.snapshot(routes=[route])

    assert "none → 1400" in row(lines(of(None), of(1400)), LAN)


def test_routes_that_the_kernel_makes_are_a_count() -> None:
    local = {"family": "inet", "table": 255, "type": "local", "dst": f"{OWN}/32"}
    old = hosts.snapshot(routes=[{**local, "ifname": NIC}])
    new = hosts.snapshot(routes=[{**local, "ifname": BRIDGE}])
    picture = side_by_side(old, new)
    assert "Local and broadcast routes, made by the kernel: 1 changed" in picture.text
    assert f"{OWN}/32" not in picture.text
    assert f"{OWN}/32" in picture.body.partition("<details>")[2]


def test_rules_stand_in_the_order_of_their_chain_with_the_counters_last() -> None:
    found = of_rules([POLICY, SSH, WEB], [POLICY, SSH, WEB])
    assert [line.split(" | ")[3] for line in found] == [r["rule"] for r in (POLICY, SSH, WEB)]


def test_counters_are_no_change() -> None:
    (line,) = of_rules([SSH], [{**SSH, "packets": 7, "bytes": 420}])
    assert line.startswith("other")
    assert line.endswith("7 | 420")


def test_a_rule_that_is_gone_stands_where_it_stood() -> None:
    found = of_rules([POLICY, SSH, WEB], [POLICY, {**WEB, "position": 1}])
    assert [line[0] for line in found] == [" ", "-", " "]
    assert "--dport 22" in found[1]


def test_two_rules_that_changed_places_are_marked() -> None:
    swapped = [{**WEB, "position": 1}, {**SSH, "position": 2}]
    found = of_rules([SSH, WEB], swapped)
    assert [line[0] for line in found] == ["~", "~"]


def test_libvirt_s_own_chains_are_a_count_and_its_jumps_stand_among_rules_of_others() -> None:
    alone = lines(hosts.snapshot(), hosts.snapshot(firewall=[JUMP, OWN_RULE]))
    assert not [line for line in alone if "-j LIBVIRT_INP" in line]
    assert row(alone, "Chains of libvirt").endswith(": 2 added")
    among = of_rules([SSH], [JUMP, {**SSH, "position": 2}, OWN_RULE])
    assert [line[0] for line in among] == ["+", " "]
    assert "-j LIBVIRT_INP" in among[0]


def test_a_policy_that_drops_is_in_the_open() -> None:
    accept = {**POLICY, "rule": "-P INPUT ACCEPT"}
    assert [line[0] for line in of_rules([accept], [POLICY])] == ["+", "-"]
    assert of_rules([], [accept]) == []


def test_a_changed_file_is_folded_as_the_lines_that_differ() -> None:
    path = "/etc/network/interfaces"
    old = hosts.snapshot(files=[{"path": path, "content": "auto a\nb <x>\n", "sha256": "0"}])
    new = hosts.snapshot(files=[{"path": path, "content": "auto a\nc\n", "sha256": "1"}])
    picture = side_by_side(old, new)
    head, _, folded = picture.body.partition("<summary>files: 1 changed</summary>")
    assert "c" not in re.findall(r"\+(\w)", head)
    assert "-b &lt;x&gt;" in folded
    assert "+c" in folded
    assert "sha256" not in folded


def test_the_mode_of_a_file_is_not_hidden() -> None:
    old = hosts.snapshot(files=[{"path": "/etc/x", "content": "a\n", "mode": "0644"}])
    new = hosts.snapshot(files=[{"path": "/etc/x", "content": "a\n", "mode": "0600"}])
    assert "0644 → 0600" in side_by_side(old, new).body


def test_no_difference_is_said() -> None:
    assert "no row differs" in side_by_side(hosts.before(), hosts.before()).text


def test_of_a_long_table_the_rows_that_differ_are_shown_and_the_others_counted() -> None:
    def of(extra: list[Row]) -> Snapshot:
        routes = [
            {"family": "inet", "table": 254, "type": "unicast", "dst": f"10.0.{n}.0/24"}
            for n in range(250)
        ]
        return hosts.snapshot(routes=[*routes, *extra])

    new = {"family": "inet", "table": 254, "type": "unicast", "dst": "10.9.0.0/16"}
    text = side_by_side(of([]), of([new])).text
    assert "Routes: 1 added, 250 as before" in text
    assert "10.9.0.0/16" in text
    assert "10.0.7.0/24" not in text


def test_the_state_before_shows_its_rules_in_the_same_order() -> None:
    text = state(hosts.snapshot(firewall=[POLICY, SSH, WEB])).text
    places = [text.index(str(r["rule"])) for r in (POLICY, SSH, WEB)]
    assert places == sorted(places)
    assert "iptables, both backends: none" in state(hosts.snapshot()).text
