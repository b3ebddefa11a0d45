from __future__ import annotations

from tests.unit import fakes, hosts

from runbook.preflight.survey.offer import ASKED, offer


def test_what_the_host_shows_wins_over_the_file_and_a_choice_does_not() -> None:
    file = {"address": "10.0.0.1/8", "bridge": "virbr9", "router": "gw"}
    offered = offer(hosts.before(), "enp4s0f0", {}, file)
    assert offered["address"] == ("172.16.1.1/16", "found on the host")
    assert offered["gateway"] == ("172.16.0.1", "found on the host")
    assert offered["bridge"] == ("virbr9", "in the file")
    assert offered["router"] == ("gw", "in the file")
    assert tuple(offered)[: len(ASKED)] == ASKED


def test_what_is_given_wins_over_everything() -> None:
    given = {"address": "10.0.0.1/8", "gateway": "10.0.0.9", "bridge": "br5"}
    offered = offer(hosts.before(), "enp4s0f0", given, {"bridge": "virbr9"})
    assert {offered[name][0] for name in given} == {"10.0.0.1/8", "10.0.0.9", "br5"}
    assert offered["probes"] == (("10.0.0.9",), "the gateway")


def test_names_that_are_taken_are_not_offered() -> None:
    seen = hosts.snapshot(
        links=[hosts.link("virbr1", kind="bridge"), hosts.link("a0")],
        networks=[
            {"name": "routed", "bridge": "virbr2", "active": False},
            {"name": "lab", "bridge": "virbr4", "active": True},
        ],
    )
    offered = offer(seen, "a0", {}, {})
    assert offered["network"][0] == "routed-2"
    assert offered["bridge"][0] == "virbr3"
    assert offered["forward"] == ("open", "lab is active beside it")


def test_what_is_not_known_is_left_to_be_given() -> None:
    offered = offer(hosts.before(), "", {}, {})
    for name in ("interface", "address", "gateway"):
        assert offered[name] == ("", "you have to give it")
    assert offered["probes"][0] == ()
    assert offered["consent"][0] == ()


def test_the_bridge_s_own_mac_is_offered_behind_one_s_own_switch_only() -> None:
    mac, why = offer(hosts.before(), "enp4s0f0", {}, {})["bridge_mac"]
    assert mac == "own"
    assert "private" in why
    lent = fakes.seen(leases=[fakes.lease()])
    assert offer(lent, fakes.NIC, {}, {})["bridge_mac"][0] == "nic"
    public = fakes.seen(addresses=[fakes.address(fakes.NIC, "203.0.113.7/24")])
    mac, why = offer(public, fakes.NIC, {}, {})["bridge_mac"]
    assert mac == "nic"
    assert "203.0.113.7 is a public address" in why
    assert offer(public, fakes.NIC, {}, {"bridge_mac": "own"})["bridge_mac"][0] == "own"
