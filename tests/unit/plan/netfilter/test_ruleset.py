from __future__ import annotations

import time

import pytest
from tests.unit import fakes

from runbook.plan.changes.steps import Command
from runbook.plan.netfilter.canonical import canonical
from runbook.plan.netfilter.expected import ExpectedRule, live_among
from runbook.plan.netfilter.libvirt import Network, with_network
from runbook.plan.netfilter.ruleset import ChainPlace, Chains, after, live, saved, usual_backend
from runbook.state.firewall import FirewallRow

INPUT = ChainPlace("nft", "inet", "filter", "INPUT")
FORWARD = ChainPlace("nft", "inet", "filter", "FORWARD")
NETWORK = Network("virbr1", "172.16.0.0/16", "enp4s0f0")


def run(chains: Chains, *argv: str, stdin: str = "", backend: str = "nft") -> Chains:
    return after(chains, [Command(argv, stdin.encode())], backend)


def of(chains: Chains, place: ChainPlace = INPUT) -> tuple[str, tuple[str, ...]]:
    chain = chains.get(place)
    assert chain
    return chain.policy, chain.rules


def start() -> Chains:
    rows = [fakes.rule("-P INPUT DROP", 0), fakes.rule("-A INPUT -i lo -j ACCEPT", 1)]
    return live(fakes.seen(firewall=rows).rows(FirewallRow))


def test_a_chain_that_nobody_touched_accepts_and_another_is_not_there() -> None:
    assert of(start()) == ("DROP", ("-A INPUT -i lo -j ACCEPT",))
    assert of(start(), FORWARD) == ("ACCEPT", ())
    assert start().get(ChainPlace("nft", "inet", "filter", "own")) is None


def test_each_command_of_a_plan_is_worked_out() -> None:
    base = ("iptables", "-w", "5", "-t", "filter")
    chains = run(
        start(), *base, "-I", "INPUT", "2", "-m", "comment", "--comment", "a b", "-j", "DROP"
    )
    assert of(chains)[1] == (
        "-A INPUT -i lo -j ACCEPT",
        '-A INPUT -m comment --comment "a b" -j DROP',
    )
    chains = run(chains, *base, "-D", "INPUT", "-i", "lo", "-j", "ACCEPT")
    assert len(of(chains)[1]) == 1
    assert of(run(chains, *base, "-D", "INPUT", "-j", "gone")) == of(chains)
    assert of(run(chains, *base, "-P", "INPUT", "ACCEPT"))[0] == "ACCEPT"
    assert of(run(chains, *base, "-F", "INPUT"))[1] == ()
    assert run(chains, "sysctl", "-w", "a=b") == chains
    with pytest.raises(ValueError, match="not worked out"):
        run(chains, *base, "-R", "INPUT", "1", "-j", "DROP")


def test_a_load_beside_what_is_there_keeps_it() -> None:
    text = "*filter\n:own - [0:0]\n-A INPUT -j own\n-A own -j ACCEPT\nCOMMIT\n"
    chains = run(start(), "iptables-restore", "--wait=5", "--noflush", stdin=text)
    assert of(chains) == ("DROP", ("-A INPUT -i lo -j ACCEPT", "-A INPUT -j own"))
    assert of(chains, ChainPlace("nft", "inet", "filter", "own")) == ("", ("-A own -j ACCEPT",))


def test_a_plain_program_is_of_the_usual_backend_and_others_of_their_own() -> None:
    base = ("-w", "5", "-t", "filter", "-P", "INPUT", "ACCEPT")
    assert of(run(start(), "iptables", *base, backend="legacy"))[0] == "DROP"
    assert of(run(start(), "iptables-nft", *base, backend="legacy"))[0] == "ACCEPT"
    assert of(run(start(), "ip6tables", *base))[0] == "DROP"


@pytest.mark.parametrize(
    ("rules", "backend"),
    [
        ((), "nft"),
        (("nft INPUT",), "nft"),
        (("legacy INPUT",), "legacy"),
        (("nft INPUT", "legacy INPUT"), "nft"),
        (("nft INPUT", "legacy INPUT", "legacy LIBVIRT_INP"), "legacy"),
    ],
)
def test_the_backend_of_the_host_s_iptables_shows_in_its_rules(
    rules: tuple[str, ...], backend: str
) -> None:
    rows = [
        fakes.rule(f"-A {chain} -j DROP", 1, backend=of_backend)
        for of_backend, chain in (rule.split() for rule in rules)
    ]
    assert usual_backend(fakes.seen(firewall=rows).rows(FirewallRow)) == backend


def test_libvirt_comes_before_all_else_and_lets_guests_across() -> None:
    chains = with_network(start(), NETWORK, "nft")
    assert of(chains)[1] == ("-A INPUT -j LIBVIRT_INP", "-A INPUT -i lo -j ACCEPT")
    jumps = [rule.split()[-1] for rule in of(chains, FORWARD)[1]]
    assert jumps == ["LIBVIRT_FWX", "LIBVIRT_FWI", "LIBVIRT_FWO"]
    again = with_network(chains, Network("virbr2", "10.0.0.0/24", ""), "nft")
    assert of(again, FORWARD)[1] == of(chains, FORWARD)[1]
    crossed = of(again, ChainPlace("nft", "inet", "filter", "LIBVIRT_FWX"))[1]
    assert crossed[0] == "-A LIBVIRT_FWX -i virbr2 -o virbr2 -j ACCEPT"
    assert len(crossed) == 2


def test_words_become_a_rule_again() -> None:
    assert saved("own", ["-j", "LOG", "--log-prefix", 'a "b"']) == (
        '-A own -j LOG --log-prefix "a \\"b\\""'
    )


def test_50_000_rules_and_a_command_for_each_of_20_000_take_seconds() -> None:
    rows = fakes.seen(
        firewall=[
            fakes.rule(f"-A INPUT -s 10.{n // 256}.{n % 256}.1/32 -j ACCEPT", n + 1)
            for n in range(50_000)
        ]
    ).rows(FirewallRow)
    argv = ("iptables", "-w", "5", "-t", "filter", "-I", "INPUT", "1", "-j", "ACCEPT")
    steps = [Command(argv, b"")] * 20_000
    started = time.process_time()
    _, rules = of(after(live(rows), steps, "nft"))
    assert len(rules) == 70_000
    taken = time.process_time() - started
    assert taken < 10, taken


def test_of_50_000_live_rules_only_those_that_may_be_a_wanted_one_are_taken_apart() -> None:
    rows = fakes.seen(
        firewall=[
            *(
                fakes.rule(f"-A C{n} -s 10.{n // 256}.{n % 256}.1/32 -j DROP", 1)
                for n in range(50_000)
            ),
            fakes.rule("-A INPUT -i lo -p all -j ACCEPT", 1),
            fakes.rule("-A INPUT -j C7", 2),
        ]
    ).rows(FirewallRow)
    canonical.cache_clear()
    wanted = ExpectedRule("inet", "filter", "-A INPUT -i lo -j ACCEPT")
    assert live_among([wanted], rows) == {wanted.key}
    assert canonical.cache_info().misses == 2
