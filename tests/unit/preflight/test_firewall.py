from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC
from tests.unit.preflight.looking import look, nic, plus, refusal, told

from runbook.state.snapshot import Snapshot


def nft(text: str) -> Snapshot:
    place = {"family": "inet", "table": "host", "chain": "input", "position": 1}
    return plus("nftables", {**place, "rule": text})


def test_a_native_nft_rule_that_names_the_nic() -> None:
    named = '[{"match": {"left": {"meta": {"key": "iifname"}}, "right": "%s"}}]'
    assert "inet host input" in refusal(nft(named % NIC)).seen
    assert look(nft(named % f"{NIC}0"))


def test_a_native_nft_rule_for_both_names_is_fine() -> None:
    match = '[{"match": {"left": {"meta": {"key": "iifname"}}, "op": "==", "right": %s}}]'
    assert look(nft(match % f'{{"set": ["{NIC}", "{BRIDGE}"]}}'))
    place = {"family": "inet", "table": "host", "chain": "input"}
    rows = [
        {**place, "position": number, "rule": match % f'"{name}"'}
        for number, name in enumerate((NIC, BRIDGE), start=1)
    ]
    assert look(fakes.seen(nftables=rows))
    assert "both" in refusal(fakes.seen(nftables=rows[:1])).then


@pytest.mark.parametrize("pattern", ["enp*", "e*", f"{NIC}*"])
def test_a_native_nft_rule_for_a_pattern_that_only_the_nic_matches(pattern: str) -> None:
    rule = '[{"match": {"left": {"meta": {"key": "iifname"}}, "op": "==", "right": %s}}]'
    assert "stop matching" in refusal(nft(rule % f'"{pattern}"')).why
    assert look(nft(rule % f'{{"set": ["{pattern}", "{BRIDGE}"]}}'))
    assert look(nft(rule % f'{{"set": ["{pattern}", "virbr*"]}}'))
    assert look(nft(rule % '"eth*"'))


def test_a_chain_at_the_nic_s_own_hook_sees_a_port_s_frames_as_before() -> None:
    place = {"family": "netdev", "table": "host", "chain": "in", "position": 0}
    assert look(plus("nftables", {**place, "rule": f'{{"dev": "{NIC}", "hook": "ingress"}}'}))


def test_firewalld_is_named_once_however_many_rules_it_has() -> None:
    place = {"family": "inet", "table": "firewalld", "chain": "filter_INPUT"}
    rule = f'[{{"match": {{"right": "{NIC}"}}}}]'
    rows = [{**place, "position": number, "rule": rule} for number in (1, 2, 3)]
    assert refusal(fakes.seen(nftables=rows)).about == "firewalld"


@pytest.mark.parametrize(
    "text", [f"-A INPUT ! -i {NIC} -p udp -j DROP", f"-A FORWARD ! -o {NIC} -j ACCEPT"]
)
def test_a_rule_for_all_but_the_nic(text: str) -> None:
    assert refusal(fakes.seen(firewall=[fakes.rule(text, 1)])).seen == text


def test_a_rule_for_all_but_another_nic_is_as_it_was() -> None:
    assert look(fakes.seen(firewall=[fakes.rule(f"-A INPUT ! -i {NIC}9 -p udp -j DROP", 1)]))


def test_docker_that_runs_needs_somebody_who_knows_its_rules() -> None:
    around = replace(fakes.GOOD, services=("docker",))
    host = fakes.seen(
        firewall=[fakes.rule("-P FORWARD DROP", 0)],
        sysctl=[{"name": "net.bridge.bridge-nf-call-iptables", "value": "1"}],
    )
    found = refusal(host, around)
    assert (found.level, found.name) == ("consent", "docker")
    for sign in ("docker.service is active", "FORWARD DROP", "bridge-nf-call-iptables = 1"):
        assert sign in found.seen
    assert look(host, around, consent=["bpdu", "docker"])


def test_docker_s_bridge_alone_is_docker_as_well() -> None:
    links = [*nic(), fakes.link("docker0", kind="bridge")]
    assert "docker0 is there" in refusal(fakes.seen(links=links)).seen


def test_a_host_without_docker_is_said_to_have_none() -> None:
    assert told(look(), "ok", "Docker")
