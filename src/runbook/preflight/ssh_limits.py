"""Limits on new SSH connections: a change makes several, and a limit may drop one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.plan.netfilter.matches import in_ports, matches
from runbook.plan.netfilter.packet import arriving
from runbook.plan.netfilter.rule import ParsedRule, parsed
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection
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


@looked_for(ABOUT, "no firewall rule limits how many may come in", WHY)
def _limits(case: Case) -> Iterator[Finding]:
    operator = case.around.operator
    port = operator.server_port if operator else SSH_PORT
    rows = case.snapshot.rows(FirewallRow)
    rules = [r.rule for r in rows if _counts(r.rule, port) and not _passes(r, rows, operator)]
    rules += [r.rule for r in case.snapshot.rows(NftablesRow) if _counts_natively(r.rule, port)]
    if rules:
        client = operator.client if operator else "YOUR-ADDRESS"
        yield Finding(
            "consent",
            ABOUT,
            "; ".join(dict.fromkeys(rules)),
            WHY,
            f"let your address pass first: iptables -I INPUT -s {client} -p tcp --dport {port} -j"
            " ACCEPT, and take this rule out after the change; if the limit is wide enough,"
            f" consent: [{CONSENT}]",
            CONSENT,
        )


def _passes(row: FirewallRow, rows: tuple[FirewallRow, ...], operator: Connection | None) -> bool:
    """Whether the chain accepts the operator before it comes to the rule."""
    if operator is None:
        return False
    packet = arriving(operator, None, "NEW")
    chain = (row.backend, row.family, row.table, row.chain)
    above = (
        _understood(other.rule)
        for other in rows
        if (other.backend, other.family, other.table, other.chain) == chain
        and 0 < other.position < row.position
    )
    return any(r and r.target == "ACCEPT" and matches(packet, r) is True for r in above)


def _understood(rule: str) -> ParsedRule | None:
    try:
        return parsed(rule)
    except ValueError:
        return None


def _counts(rule: str, port: int) -> bool:
    """Whether the rule counts what comes to the port, or to every port, of TCP."""
    meaning = _understood(rule)
    if meaning is None:
        return False
    modules = [o.words[0] for o in meaning.matches if o.name == "-m" and o.words]
    return any(name in COUNTS for name in modules) and _of_port(meaning, port)


def _of_port(rule: ParsedRule, port: int) -> bool:
    ports = [word for o in rule.matches if o.name in PORTS for word in o.words]
    try:
        return any(in_ports(port, word) for word in ports)
    except ValueError:
        return False


def _counts_natively(rule: str, port: int) -> bool:
    return bool(_NATIVE.search(rule)) and f'"right": {port}' in rule


@looked_for("sshd's own limits", "two connections may log in at the same moment", WHY)
def _startups(case: Case) -> Iterator[Finding]:
    low = [f"{name} {value}" for name, value in case.around.sshd_startups if _too_low(value)]
    if low:
        then = (
            "take the line out of /etc/ssh/sshd_config (the default is 10:30:100), then"
            f" `systemctl reload ssh`; or consent: [{CONSENT}]"
        )
        yield Finding("consent", "sshd's own limits", ", ".join(low), WHY, then, CONSENT)


def _too_low(value: str) -> bool:
    """Whether sshd may refuse the second of two; MaxStartups is written start:rate:full."""
    first = value.partition(":")[0]
    return first.isdecimal() and int(first) <= AT_ONCE


RULES = (_limits, _startups)
