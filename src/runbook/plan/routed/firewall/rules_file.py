"""The parameter `rules`: a file's rules, and which of them libvirt makes itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_interface, ip_network

from runbook.common.errors import ParameterError
from runbook.common.redact import REDACTED
from runbook.params import Params
from runbook.plan.netfilter.canonical import Canonical, canonical
from runbook.plan.netfilter.expected import (
    ExpectedChain,
    ExpectedFirewall,
    ExpectedPolicy,
    ExpectedRule,
)
from runbook.plan.netfilter.libvirt import Network, OwnRule, is_libvirts, rules_of
from runbook.plan.netfilter.owner import LIBVIRT_CHAIN
from runbook.plan.netfilter.rule import parsed
from runbook.state.host.operator_connection import IPV4
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.iptables_save import NotInTheWords, Ruleset, parse

INET = "inet"
OwnPlace = tuple[str, str, Canonical]


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The rules that libvirt makes itself, found by table, chain and content."""

    by_place: Mapping[OwnPlace, OwnRule]

    def find(self, table: str, chain: str, rule: str) -> OwnRule | None:
        """The rule of libvirt's that this is, in its old place or its new one."""
        return self.by_place.get((table, chain, canonical(rule)))


def rules_file(params: Params) -> Ruleset | None:
    """The file's rules; raises ParameterError, naming the line, for what cannot be loaded."""
    if params.rules is None:
        return None
    try:
        ruleset = parse(params.rules_text or "")
        for table in ruleset.tables:
            for rule in table.rules:
                _judge(rule.text)
    except ValueError as error:
        line = _line(error, params.rules_text or "")
        raise ParameterError(
            "rules",
            params.rules,
            f"params/{params.rules}{line}: {error}",
            "give the file as `iptables-save` writes it, for IPv4",
        ) from error
    return ruleset


def _judge(text: str) -> None:
    """Raise NotInTheWords for a rule that cannot be taken apart, or is not IPv4."""
    try:
        rule = parsed(text)
        named = [option for option in rule.matches if option.name in ("-s", "-d")]
        versions = {ip_network(word, strict=False).version for o in named for word in o.words}
    except ValueError as error:
        raise NotInTheWords(0, f"{error} in {text}") from error
    for option in (*rule.matches, *rule.target_options):
        if option.name != "--comment" and any(REDACTED in word for word in option.words):
            raise NotInTheWords(0, f"a rule with a secret outside its comment: {text}")
    if versions - {IPV4} or "ipv6-icmp" in text:
        raise NotInTheWords(0, f"an IPv6 rule: {text}")


def _line(error: ValueError, text: str) -> str:
    """The line's number, found again by its rule where the grammar did not say it."""
    number = error.line if isinstance(error, NotInTheWords) else 0
    lines = text.split("\n")
    said = [at for at, line in enumerate(lines, start=1) if line and str(error).endswith(line)]
    found = number or (said[0] if said else 0)
    return f", line {found}" if found else ""


def lines(ruleset: Ruleset) -> Iterator[tuple[str, str, str]]:
    """Table, chain and rule or policy, as the firewall table of a snapshot has them."""
    for table in ruleset.tables:
        for chain in table.chains:
            own = chain.policy == "-"
            said = f"-N {chain.name}" if own else f"-P {chain.name} {chain.policy}"
            yield (table.name, chain.name, said)
        yield from ((table.name, rule.chain, rule.text) for rule in table.rules)


def own_rules(params: Params, snapshot: Snapshot) -> OwnRules:
    """Find libvirt's rules for the network of this change and for every other that the host has."""
    this = Network(params.bridge, str(params.ipv4.network), params.interface)
    nat = (r for r in snapshot.rows(NetworkRow) if r.forward_mode == "nat" and r.addresses)
    others = [
        Network(r.bridge, str(ip_interface(r.addresses.split()[0]).network), r.forward_dev)
        for r in nat
    ]
    found = [rule for network in (this, *others) for rule in rules_of(network)]
    places = [(rule, chain) for rule in found for chain in (rule.chain, rule.built_in)]
    return OwnRules({(r.table, c, canonical(r.text(c))): r for r, c in places})


def expected_of_file(params: Params, snapshot: Snapshot) -> ExpectedFirewall:
    """What of the file is to be there: all but libvirt's; policies only under `keep`."""
    ruleset = rules_file(params)
    if ruleset is None:
        return ExpectedFirewall()
    own = own_rules(params, snapshot)
    named = [(t.name, c) for t in ruleset.tables for c in t.chains]
    told = [(t.name, r) for t in ruleset.tables for r in t.rules]
    rest = [(t, r) for t, r in told if not (is_libvirts(r.text) or own.find(t, r.chain, r.text))]
    kept = params.firewall == "keep"
    return ExpectedFirewall(
        tuple(
            ExpectedPolicy(INET, t, c.name, c.policy) for t, c in named if c.policy != "-" and kept
        ),
        tuple(
            ExpectedChain(INET, t, c.name)
            for t, c in named
            if c.policy == "-" and not c.name.startswith(LIBVIRT_CHAIN)
        ),
        tuple(ExpectedRule(INET, t, r.text) for t, r in rest),
    )
