"""Limits on new SSH connections: a change makes several, and a limit may drop one of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from runbook.plan.netfilter.matches import in_ports, matches
from runbook.plan.netfilter.packet import Packet, arriving
from runbook.plan.netfilter.rule import ParsedRule, parsed
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.preflight.native_rules import accept_first, accepts, chain_of
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection, Family
from runbook.state.nftables import NftablesRow
from runbook.transport.pace import MOST

ABOUT = "SSH connections"
SSH_PORT = 22
CONSENT = "ssh-limit"
WHY = (
    f"runbook makes up to {MOST} new connections in 30 s; if a limit drops one after the cutover,"
    " runbook tries again after 35 s, and if that fails too, it undoes a good change"
)
# Two at the same moment: one watches the host while the other verifies it.
AT_ONCE = 2
# Matches that count connections or packets.
COUNTS = ("recent", "hashlimit", "limit", "connlimit")
# nft's words for the same, in its JSON.
_NATIVE = re.compile(r'"(limit|ct count|meter)":|"op": "(add|update)"')
PORTS = ("--dport", "--dports")
# Chains that a packet for the host itself does not come through.
ELSEWHERE = ("FORWARD", "OUTPUT", "POSTROUTING")
# What a rule that only counts or marks does with what the limit keeps back: nothing.
BESIDE = ("", "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "TRACE", "AUDIT")
# Chains in chains that are looked into.
DEEPEST = 3
# Backend, family, table and name.
Chain = tuple[str, str, str, str]
Chains = dict[Chain, list[FirewallRow]]
# Far more than runbook makes.
_WIDE = re.compile(
    r"--(?:limit|hashlimit-(?:upto|above)) \d+/s|--connlimit-(?:upto|above) \d{2,}\b"
)
_NATIVE_WIDE = re.compile(r'"per": "second"|"ct count": \{[^{}]*"val": \d{2,}\b')
_NATIVE_OTHERS = re.compile(
    r'"right": "(?:udp|icmp|icmpv6|ipv6-icmp|igmp|vrrp)"|"protocol": "(?:udp|icmp|icmpv6)"'
    r'|"field": "[ds]port", "protocol": "\w+"}}, "op": "(?:==|in)", "right": (?!"@)'
    r'|"key": "state"}}, "op": "(?:==|in)", "right": (?!"new"|.*"new")'
)
_NATIVE_VERDICT = re.compile(r'\{"(?:drop|reject|accept|return|jump|goto|queue)":')
_NATIVE_HOOK = re.compile(r'"hook": "(?:forward|output|postrouting|egress)"')


@looked_for(ABOUT, "no firewall rule limits how many may come in", WHY)
def _limits(case: Case) -> Iterator[Finding]:
    operator = case.around.operator
    port = operator.server_port if operator else SSH_PORT
    rows = case.snapshot.rows(FirewallRow)
    chains_of = _by_chain(rows)
    rules = [
        r.rule
        for r in rows
        if _counts(r, port, operator, chains_of) and not _passes(r, chains_of, operator)
    ]
    own = case.snapshot.rows(NftablesRow)
    elsewhere = {chain_of(r) for r in own if not r.position and _NATIVE_HOOK.search(r.rule)}
    counting = [
        r
        for r in own
        if chain_of(r) not in elsewhere
        and (_counts_natively(r.rule, port) or _counts_any_port(r.rule))
        and not _let_by(r, own, operator)
    ]
    if rules or counting:
        client = operator.client if operator else "YOUR-ADDRESS"
        ways = [f"iptables -I INPUT -s {client} -p tcp --dport {port} -j ACCEPT"] if rules else []
        if counting:
            chains = dict.fromkeys(map(chain_of, counting))
            version = "ip6" if ":" in client else "ip"
            ways.append(accept_first(chains, f"{version} saddr {client} tcp dport {port}"))
        yield Finding(
            "consent",
            ABOUT,
            "; ".join(dict.fromkeys((*rules, *map(_in_words, counting)))),
            WHY,
            f"let your address pass first: {'; '.join(ways)}; take this out after the change; if"
            f" the limit is wide enough, consent: [{CONSENT}]",
            CONSENT,
        )


def _chain(row: FirewallRow) -> Chain:
    return (row.backend, row.family, row.table, row.chain)


def _by_chain(rows: Iterable[FirewallRow]) -> Chains:
    chains = defaultdict[Chain, list[FirewallRow]](list)
    for row in rows:
        if row.position:
            chains[_chain(row)].append(row)
    return chains


def _passes(row: FirewallRow, chains: Chains, operator: Connection | None) -> bool:
    """Whether the chain accepts the operator before it comes to the rule."""
    if operator is None:
        return False
    packet = arriving(operator, None, "NEW")
    own = chains.get(_chain(row), [])
    above = (_understood(other.rule) for other in own if other.position < row.position)
    return any(r and r.target == "ACCEPT" and matches(packet, r) is True for r in above)


def _understood(rule: str) -> ParsedRule | None:
    try:
        return parsed(rule)
    except ValueError:
        return None


def _counts(row: FirewallRow, port: int, operator: Connection | None, chains: Chains) -> bool:
    """Whether the rule counts what comes to the port, or to every port, of TCP."""
    meaning = _understood(row.rule)
    if meaning is None:
        return False
    modules = [o.words[0] for o in meaning.matches if o.name == "-m" and o.words]
    if not any(name in COUNTS for name in modules):
        return False
    if _of_port(meaning, port):
        return True
    return _of_any_port(row, meaning, operator) and not _tells(row, meaning.target, chains)


def _tells(row: FirewallRow, target: str, chains: Chains, deep: int = DEEPEST) -> bool:
    """Whether the target does nothing but log and mark, as ufw's chains for that."""
    if target in BESIDE:
        return True
    inside = chains.get((*_chain(row)[:3], target), [])
    rules = [_understood(other.rule) for other in inside]
    return bool(rules and deep) and all(
        rule is not None and (rule.target == "RETURN" or _tells(row, rule.target, chains, deep - 1))
        for rule in rules
    )


def _of_any_port(row: FirewallRow, rule: ParsedRule, operator: Connection | None) -> bool:
    """Whether a rule without a port may keep back a new connection of SSH, and is not wide."""
    family: Family = "inet6" if row.family == "inet6" else "inet"
    unknown = Packet(family, "tcp", "NEW", oif="", starts=True)
    new = arriving(operator, None, "NEW") if operator else unknown
    return (
        row.family == new.family
        and row.chain not in ELSEWHERE
        and not any(o.name in PORTS for o in rule.matches)
        and not _WIDE.search(row.rule)
        and matches(new, rule) is not False
    )


def _of_port(rule: ParsedRule, port: int) -> bool:
    ports = [word for o in rule.matches if o.name in PORTS for word in o.words]
    try:
        return any(in_ports(port, word) for word in ports)
    except ValueError:
        return False


def _counts_natively(rule: str, port: int) -> bool:
    """Whether a rule of nft's own counts, and has the port alone or in a set or a range."""
    ports = rf'"right": (?:{{"set": \[[^]]*?)?\b{port}\b'
    return bool(_NATIVE.search(rule) and (re.search(ports, rule) or _in_a_range(rule, port)))


def _counts_any_port(rule: str) -> bool:
    """Whether a rule of nft's own without a port may keep back a new connection of SSH."""
    counts = _NATIVE.search(rule) and re.search('"(?:limit|ct count)":', rule)
    others = _NATIVE_OTHERS.search(rule) or _NATIVE_WIDE.search(rule)
    return bool(counts and _NATIVE_VERDICT.search(rule) and not others)


def _in_a_range(rule: str, port: int) -> bool:
    ranges = re.findall(r'"range": \[(\d+), (\d+)\]', rule)
    return any(int(first) <= port <= int(last) for first, last in ranges)


def _let_by(row: NftablesRow, rows: tuple[NftablesRow, ...], operator: Connection | None) -> bool:
    """Whether the chain accepts the operator before it comes to the rule."""
    if operator is None:
        return False
    version = "ip6" if ":" in operator.client else "ip"
    packet = {f"{version} saddr": operator.client, "tcp dport": operator.server_port}
    above = (r for r in rows if chain_of(r) == chain_of(row) and 0 < r.position < row.position)
    return any(accepts(r, packet) for r in above)


def _in_words(row: NftablesRow) -> str:
    return f"{' '.join(chain_of(row))}, rule {row.position}: {row.rule}"


@looked_for("sshd's own limits", "two connections may log in at the same moment", WHY)
def _startups(case: Case) -> Iterator[Finding]:
    low = [f"{name} {value}" for name, value in case.around.sshd_startups if _too_low(value)]
    if low:
        then = (
            "take the line out (`grep -rni startups /etc/ssh` says where it is; the default is"
            f" 10:30:100), then `systemctl reload ssh`; or consent: [{CONSENT}]"
        )
        yield Finding("consent", "sshd's own limits", ", ".join(low), WHY, then, CONSENT)


def _too_low(value: str) -> bool:
    """Whether sshd may refuse the second of two; MaxStartups is written start:rate:full."""
    first = value.partition(":")[0]
    return first.isdecimal() and int(first) <= AT_ONCE


RULES = (_limits, _startups)
