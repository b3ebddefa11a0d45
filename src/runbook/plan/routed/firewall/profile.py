"""What a firewall profile asks for: policies, and runbook's own chains with what they let in.

`drop` leaves OUTPUT at ACCEPT: what the host itself sends (names, time,
updates, the announcement of an undo) is on no list that could be made here.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook.params import Params
from runbook.plan.netfilter.expected import (
    ExpectedChain,
    ExpectedFirewall,
    ExpectedPolicy,
    ExpectedRule,
)
from runbook.state.host.operator_connection import Connection

INPUT, FORWARD, OUTPUT = "INPUT", "FORWARD", "OUTPUT"
OWN_INPUT, OWN_FORWARD = "RUNBOOK-IN", "RUNBOOK-FWD"
PARENTS = {OWN_INPUT: INPUT, OWN_FORWARD: FORWARD}
FAMILIES = ("inet", "inet6")
FILTER = "filter"
POLICIES = {
    "keep": {},
    "accept": {INPUT: "ACCEPT", FORWARD: "ACCEPT", OUTPUT: "ACCEPT"},
    "drop": {INPUT: "DROP", FORWARD: "DROP", OUTPUT: "ACCEPT"},
}
# RFC 1122: destination unreachable, echo request, time exceeded, parameter problem.
ICMP = (3, 8, 11, 12)
# RFC 4890: the same for IPv6; 130 to 132 and 143 multicast listeners, 133 to 136 neighbour
# discovery, without which no IPv6 packet reaches the host.
ICMPV6 = (1, 2, 3, 4, 128, 130, 131, 132, 133, 134, 135, 136, 143)
DNS = 53


def profile(params: Params, operator: Connection | None) -> ExpectedFirewall:
    """The end state; nothing for `keep`."""
    policies = tuple(
        ExpectedPolicy(family, FILTER, chain, policy)
        for family in FAMILIES
        for chain, policy in POLICIES[params.firewall].items()
    )
    if params.firewall != "drop":
        return ExpectedFirewall(policies)
    chains = tuple(ExpectedChain(f, FILTER, own) for f in FAMILIES for own in PARENTS)
    rules = tuple(rule for family in FAMILIES for rule in _rules(family, params, operator))
    return ExpectedFirewall(policies, chains, rules)


def is_jump(rule: ExpectedRule) -> bool:
    """Whether the rule leads into a chain of runbook's own."""
    return rule.rule in {f"-A {parent} -j {own}" for own, parent in PARENTS.items()}


def _rules(family: str, params: Params, operator: Connection | None) -> Iterator[ExpectedRule]:
    across = f"-i {params.bridge} -o {params.bridge}"
    texts = (
        *(f"-A {OWN_INPUT} {words} -j ACCEPT" for words in _admitted(family, params, operator)),
        f"-A {OWN_FORWARD} {across} -j ACCEPT",
        *(f"-A {parent} -j {own}" for own, parent in PARENTS.items()),
    )
    yield from (ExpectedRule(family, FILTER, text) for text in texts)


def _admitted(family: str, params: Params, operator: Connection | None) -> Iterator[str]:
    yield "-i lo"
    yield "-m conntrack --ctstate RELATED,ESTABLISHED"
    if operator and operator.family == family:
        # Of any state: a connection may be older than the tracking of connections.
        length = 32 if family == "inet" else 128
        to = f"-p tcp -m tcp --dport {operator.server_port}"
        yield f"-s {operator.client}/{length} {to}"
    if family == "inet":
        yield from (f"-p icmp -m icmp --icmp-type {number}" for number in ICMP)
    else:
        yield from (f"-p ipv6-icmp -m icmp6 --icmpv6-type {number}" for number in ICMPV6)
    if params.dns:
        yield from (
            f"-i {params.bridge} -p {proto} -m {proto} --dport {DNS}" for proto in ("udp", "tcp")
        )
