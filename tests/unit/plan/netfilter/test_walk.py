"""What becomes of a packet, by rules of several styles; and never ACCEPT when that is not sure."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.plan.netfilter.packet import Packet, State, arriving
from runbook.plan.netfilter.ruleset import ChainPlace, Chains, LiveChain, live
from runbook.plan.netfilter.walk import PacketVerdict, walk
from runbook.state import firewall
from runbook.state.host.operator_connection import Connection

CORPUS = Path(__file__).parents[2] / "data/iptables"
OPERATOR = Connection("10.20.0.5", 50000, "172.16.1.1", 22)
INPUT = ChainPlace("nft", "inet", "filter", "INPUT")
SYN = arriving(OPERATOR, "eth0", "NEW")


def chains(*rules: str, policy: str = "DROP", **own: tuple[str, ...]) -> Chains:
    """INPUT with these rules, and chains of one's own."""
    made = [LiveChain(replace(INPUT, chain=name), "", texts) for name, texts in own.items()]
    return Chains((LiveChain(INPUT, policy, tuple(f"-A INPUT {r}" for r in rules)), *made))


def verdict(*rules: str, packet: Packet = SYN, policy: str = "DROP") -> str:
    return walk(chains(*rules, policy=policy), packet, INPUT).verdict


@pytest.mark.parametrize(
    "words",
    [
        "-m recent --rcheck --name ssh --rsource",
        "-m set --match-set good src",
        "-m mark --mark 0x1",
        "-m limit --limit 3/min",
        "-m frobnicate",
        "-m frobnicate --all",
        "-f",
        "-m addrtype --dst-type LOCAL",
        "-m string --string -j --algo bm",
        "! -m recent --name x",
        "-s not-an-address",
        "-p tcp -m tcp --dport ssh",
        "-p tcp -m tcp --tcp-flags SYN SYN",
        "-m physdev --physdev-in eth0",
    ],
)
def test_a_match_that_cannot_be_judged_is_never_taken_for_either(words: str) -> None:
    assert verdict(f"{words} -j ACCEPT") == "UNSURE"
    assert verdict(f"{words} -j DROP", "-j ACCEPT") == "UNSURE"
    # Whichever it is, the end is the same.
    assert verdict(f"{words} -j ACCEPT", policy="ACCEPT") == "ACCEPT"
    assert verdict(f"{words} -j DROP") == "DROP"


@pytest.mark.parametrize(
    "target", ["NFQUEUE --queue-num 0", "gone", "DNAT --to-destination 1.2.3.4"]
)
def test_a_target_that_is_not_known_is_no_accept(target: str) -> None:
    assert verdict(f"-j {target}", "-j ACCEPT", policy="ACCEPT") == "UNSURE"


def test_a_rule_that_cannot_be_taken_apart_is_no_accept() -> None:
    assert verdict("-j", "-j ACCEPT", policy="ACCEPT") == "UNSURE"
    assert verdict("nonsense -j ACCEPT") == "UNSURE"
    assert verdict("-j ACCEPT -j DROP") == "UNSURE"


def test_chains_that_lead_in_a_circle_are_no_accept() -> None:
    looped = chains("-j a", policy="ACCEPT", a=("-A a -j b",), b=("-A b -j a",))
    assert walk(looped, SYN, INPUT).verdict == "UNSURE"


@pytest.mark.parametrize(
    ("words", "met"),
    [
        ("", True),
        ("-s 10.20.0.0/16", True),
        ("! -s 10.20.0.0/16", False),
        ("-s 10.21.0.0/16", False),
        ("-s 0.0.0.0/0 -d 172.16.1.1/32", True),
        ("-s 10.0.0.0/255.0.0.0", True),
        ("-i eth0", True),
        ("-i eth+", True),
        ("! -i eth0", False),
        ("-i virbr1", False),
        ("-m rt --rt-type 0", False),
        ("-m frag --fragmore", False),
        ("-o eth0", False),
        ("-p tcp -m tcp --dport 22", True),
        ("-p tcp -m tcp --dport 20:30", True),
        ("-p tcp -m tcp --dport 23:", False),
        ("-p tcp -m tcp ! --dport 22", False),
        ("-p tcp -m tcp --sport 50000 --dport 22", True),
        ("-p 6 -m multiport --dports 80,20:22", True),
        ("-p tcp -m multiport --ports 50000", True),
        ("-p udp -m udp --dport 22", False),
        ("-p icmp -m icmp --icmp-type 8", False),
        ("-m state --state NEW", True),
        ("-m conntrack --ctstate RELATED,ESTABLISHED", False),
        ("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", True),
        ('-m comment --comment "-j DROP"', True),
        ("-m comment --comment -j", True),
    ],
)
def test_a_match_that_can_be_judged_is(words: str, *, met: bool) -> None:
    assert verdict(f"{words} -j ACCEPT") == ("ACCEPT" if met else "DROP")


def test_what_is_not_known_of_a_packet_may_be_anything() -> None:
    guest = Packet("inet", "tcp", "NEW", src=ip_network("172.16.0.0/16"))
    for words in ("-s 172.16.9.9/32", "-d 10.0.0.0/8", "-i eth0", "-p tcp --dport 5"):
        assert verdict(f"{words} -j ACCEPT", packet=guest) == "UNSURE"
    assert verdict("-s 172.0.0.0/8 -j ACCEPT", packet=guest) == "ACCEPT"
    assert verdict("-s 10.0.0.0/8 -j ACCEPT", packet=guest) == "DROP"


def test_jumps_return_and_goto_does_not() -> None:
    aside = ("-A own -p udp -j ACCEPT",)
    back = chains("-j own", "-j ACCEPT", own=aside)
    assert walk(back, SYN, INPUT).verdict == "ACCEPT"
    away = chains("-g own", "-j ACCEPT", own=aside)
    assert walk(away, SYN, INPUT).verdict == "DROP"
    early = chains("-j own", "-j ACCEPT", own=("-A own -j RETURN", "-A own -j DROP"))
    assert walk(early, SYN, INPUT).verdict == "ACCEPT"


def test_log_decides_nothing_and_the_trace_tells_what_did() -> None:
    made = chains("-j LOG --log-prefix -j", "-p tcp -j own", own=("-A own -j REJECT",))
    found = walk(made, SYN, INPUT)
    assert found.verdict == "REJECT"
    assert [line.rule for line in found.trace] == ["-A INPUT -p tcp -j own", "-A own -j REJECT"]
    assert all(line.certain for line in found.trace)
    assert "filter -A own -j REJECT" in found.explanation


RULES = st.sampled_from(
    ["-p tcp -j {}", "-j {}", "-i eth0 -j {}", "-i eth1 -j {}", "-m mark --mark 1 -j {}",
     "-s 10.0.0.0/8 -j {}"]
)  # fmt: skip
TARGETS = st.sampled_from(["ACCEPT", "DROP", "REJECT", "RETURN", "LOG", "gone", "NFQUEUE"])


@given(st.lists(st.tuples(RULES, TARGETS), max_size=6), st.sampled_from(["ACCEPT", "DROP"]))
def test_accept_is_said_only_where_every_doubt_comes_to_accept(
    made: list[tuple[str, str]], policy: str
) -> None:
    rules = [rule.format(target) for rule, target in made]
    found = verdict(*rules, policy=policy)
    # Each unknown match decided either way: what it is said to be, it is in all of them.
    plain = [[r.replace("-m mark --mark 1 ", "")] for r in rules]
    ways: list[list[str]] = [[]]
    for rule, (sure,) in zip(rules, plain, strict=True):
        choices = [[sure], []] if "mark" in rule else [[rule]]
        ways = [way + choice for way in ways for choice in choices]
    ends = {str(verdict(*way, policy=policy)) for way in ways}
    if found == PacketVerdict.ACCEPT:
        assert ends == {"ACCEPT"}
    if found in ("DROP", "REJECT"):
        assert ends <= {"DROP", "REJECT"}


def corpus(name: str, family: str = "inet") -> Chains:
    return live(firewall.parse((CORPUS / name).read_text(), "nft", family))


@pytest.mark.parametrize(
    ("name", "state", "wanted"),
    [
        ("debian12-libvirt.rules", "NEW", "ACCEPT"),
        ("debian10-libvirt.rules", "NEW", "ACCEPT"),
        ("docker.rules", "NEW", "ACCEPT"),
        ("fail2ban.rules", "NEW", "ACCEPT"),
        ("fail2ban.rules", "ESTABLISHED", "ACCEPT"),
        ("ufw.rules", "ESTABLISHED", "ACCEPT"),
        ("ufw.rules", "NEW", "UNSURE"),
        ("by-hand.rules", "NEW", "ACCEPT"),
    ],
)
def test_ssh_through_real_styles(name: str, state: State, wanted: str) -> None:
    assert walk(corpus(name), arriving(OPERATOR, "eth0", state), INPUT).verdict == wanted


def test_what_a_packet_of_somebody_else_s_meets() -> None:
    stranger = arriving(Connection("203.0.113.9", 1, "172.16.1.1", 22), "eth0", "NEW")
    assert walk(corpus("fail2ban.rules"), stranger, INPUT).verdict == "REJECT"
    bridged = Packet("inet", "tcp", "NEW", iif="virbr1", oif="virbr1")
    assert walk(corpus("docker.rules"), bridged, replace(INPUT, chain="FORWARD")).verdict == "DROP"
    six = arriving(Connection("2001:db8:2::1", 1, "2001:db8:1::1", 22), "eth0", "NEW")
    place = replace(INPUT, family="inet6")
    assert walk(corpus("ip6tables.rules", "inet6"), six, place).verdict == "DROP"
    near = arriving(Connection("2001:db8:1::9", 1, "2001:db8:1::1", 22), "eth0", "NEW")
    assert walk(corpus("ip6tables.rules", "inet6"), near, place).verdict == "ACCEPT"


@pytest.mark.parametrize("end", ["ACCEPT", "DROP"])
def test_chains_as_deep_as_nft_allows_are_followed_and_3000_are_not_judged(end: str) -> None:
    def deep(count: int) -> str:
        targets = [*(f"c{n}" for n in range(1, count)), end]
        made = (
            LiveChain(replace(INPUT, chain=f"c{n}"), "", (f"-A c{n} -j {target}",))
            for n, target in enumerate(targets)
        )
        return walk(Chains((*chains("-j c0").chains, *made)), SYN, INPUT).verdict

    assert deep(16) == end
    assert deep(3000) == "UNSURE"
