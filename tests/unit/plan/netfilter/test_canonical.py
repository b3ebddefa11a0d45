from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.plan.netfilter.canonical import canonical

MATCHES = [
    "-s 10.0.0.0/8",
    "! -d 10.1.0.0/16",
    "-i eth0",
    "-p tcp",
    "--dport 22",
    "-m state --state NEW",
    '-m comment --comment "x -j y"',
    "-m set --match-set a src",
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-m state --state RELATED,ESTABLISHED -j ACCEPT",
         "-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"),
        ("-s 10.0.0.1 -j DROP", "--source 10.0.0.1/32 --jump DROP"),
        ("-d 10.0.0.0/255.0.0.0 -j DROP", "-d 10.0.0.0/8 -j DROP"),
        ("-s 0.0.0.0/0 -j DROP", "-j DROP"),
        ("-p 6 -m tcp --dport 22 -j DROP", "-p tcp --dport 22:22 -j DROP"),
        ("-p all -j DROP", "-j DROP"),
        ("-j REJECT", "-j REJECT --reject-with icmp-port-unreachable"),
        ("-j MASQUERADE --to-ports 1024:65535", "-j MASQUERADE --to-ports 1024-65535"),
        ("-p icmp -m icmp --icmp-type echo-request -j ACCEPT", "-p icmp --icmp-type 8 -j ACCEPT"),
        ('-m comment --comment "a" -j DROP', "-j DROP"),
        ("-i eth0 -s 10.0.0.0/8 -j DROP", "-s 10.0.0.0/8 -i eth0 -j DROP"),
    ],
)  # fmt: skip
def test_two_spellings_are_one_rule(one: str, other: str) -> None:
    assert canonical(f"-A INPUT {one}") == canonical(f"-A INPUT {other}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-s 10.0.0.1/32 -j DROP", "! -s 10.0.0.1/32 -j DROP"),
        ("-s 10.0.0.1/32 -j DROP", "-d 10.0.0.1/32 -j DROP"),
        ("-j own", "-g own"),
        ("-j REJECT", "-j REJECT --reject-with tcp-reset"),
        ("-j MASQUERADE", "-j MASQUERADE --to-ports 1024-65535"),
        ("-m socket -j ACCEPT", "-j ACCEPT"),
        ("-m state --state NEW -j ACCEPT", "-m state --state NEW,INVALID -j ACCEPT"),
        ("oops -j ACCEPT", "-j ACCEPT"),
    ],
)
def test_two_rules_are_not_one(one: str, other: str) -> None:
    assert canonical(f"-A INPUT {one}") != canonical(f"-A INPUT {other}")


@given(st.lists(st.sampled_from(MATCHES), unique=True), st.randoms())
def test_the_order_of_options_says_nothing(matches: list[str], random: object) -> None:
    mixed = list(matches)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = (f"-A INPUT {' '.join(m)} -j DROP" for m in (matches, mixed))
    assert canonical(one) == canonical(other)
