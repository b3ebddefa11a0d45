"""Rules that would stop matching, or begin to drop, once the address is on the bridge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from runbook.plan.routed.firewall.twins import all_but
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.firewall import FirewallRow
from runbook.state.links import LinkRow
from runbook.state.nftables import NftablesRow
from runbook.state.sysctl import SysctlRow

DOCKER, DOCKER_BRIDGE = "docker", "docker0"
FIREWALLD, NFTABLES = "firewalld", "/etc/nftables.conf"
FIREWALLD_ZONE = (
    "libvirt puts each of its bridges into firewalld's zone `libvirt`, which lets in few services"
)
# Every interface is in group 0 until somebody says otherwise.
_GROUP = re.compile(r"--(?:src|dst)-group (?!(?:0x)?0\b)")
_NATIVE_GROUP = re.compile(r'"key": "([io]ifgroup)"(?!.{0,20}"right": (?:0|"default")\b)')
GUESTS_DROPPED, FOR_BRIDGES = "guests-dropped", "rules for bridges"
FLOWTABLE = "flowtable "
BRIDGE_NF = "net.bridge.bridge-nf-call-iptables"


@looked_for("nftables", "no native rule is for the NIC alone", "such rules are not rewritten")
def _native(case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    # A netdev chain sees what comes in by the NIC, also as a port of the bridge.
    rows = [row for row in case.snapshot.rows(NftablesRow) if row.family != "netdev"]
    there = {(*_chain(row), row.rule) for row in rows}
    alone = [row for row in rows if _names(row.rule, nic) and not _names(row.rule, bridge)]
    lacking = [
        row for row in alone if (*_chain(row), _name(nic).sub(f'"{bridge}"', row.rule)) not in there
    ]
    if any(row.table == FIREWALLD for row in lacking):
        yield _firewalld(nic)
    for row in lacking:
        if row.chain.startswith(FLOWTABLE):
            yield _flowtable(row, nic)
        elif row.table != FIREWALLD:
            yield Finding(
                "block",
                "nftables",
                f"{row.family} {row.table} {row.chain} names {nic}",
                "runbook does not rewrite native nft rules, so this rule would stop matching",
                _both(row, nic, bridge),
            )


def _both(row: NftablesRow, nic: str, bridge: str) -> str:
    kind, _, name = row.chain.partition(" ")
    if row.family == "arp":
        return (
            f"if arptables made the rule (`arptables -S {row.chain}`), add the same one with"
            f" {bridge}, now and in what makes it at a boot; if nft did, name both:"
            f' iifname {{ "{nic}", "{bridge}" }}'
        )
    if kind == "set":
        element = f'nft add element {row.family} {row.table} {name} {{ "{bridge}" }}'
        return f"{element}, and the same name among its elements in {NFTABLES}"
    both = f'iifname {{ "{nic}", "{bridge}" }}'
    return f"put both names into the live rule and into {NFTABLES}: {both}"


@looked_for(
    "rules by group",
    "no rule matches an interface by its group, and none the NIC by its place in a bridge",
    "the bridge has no group, and the NIC becomes a port of a bridge",
)
def _grouped(case: Case) -> Iterator[Finding]:
    """What the walk of a packet cannot judge, because the change alters it."""
    nic = case.params.holder
    live = [row.rule for row in case.snapshot.rows(FirewallRow) if _by_group(row.rule, nic)]
    native = [
        f"{row.family} {row.table} {row.chain}: {match[1]}"
        for row in case.snapshot.rows(NftablesRow)
        if row.family != "netdev" and (match := _NATIVE_GROUP.search(row.rule))
    ]
    for rule in (*live, *native):
        yield Finding(
            "block",
            "rules by group",
            rule,
            f"{case.params.bridge} is in no group, and {nic} becomes its port: the rule would match"
            " other packets than now",
            f"write the rule with -i {nic} or iifname in its place; runbook copies such a rule of"
            " iptables for the bridge",
        )


def _by_group(rule: str, nic: str) -> bool:
    port = re.search(r"--physdev-(?:in|out) (\S+)", rule)
    of_nic = port is not None and fnmatchcase(nic, port[1].replace("+", "*"))
    return of_nic or bool(_GROUP.search(rule))


def _flowtable(row: NftablesRow, nic: str) -> Finding:
    return Finding(
        "block",
        "nftables",
        f"{row.family} {row.table} {row.chain} names {nic}",
        "a flowtable takes packets past the rules by the interfaces that it names, and nft loads no"
        " file with one that is not there, as the bridge is not when a boot loads it",
        f"take the flowtable out, with the rules that say `flow add`, live and in {NFTABLES}; what"
        " it hurried along is forwarded all the same",
    )


@looked_for(
    FOR_BRIDGES,
    "no chain for bridged frames (ebtables, nft's family `bridge`) drops what no rule accepts",
    "the host has no bridge on the LAN yet, so nobody has seen what they drop",
)
def _bridged(case: Case) -> Iterator[Finding]:
    bridge, rows = case.params.bridge, case.snapshot.rows(NftablesRow)
    admitting = {_chain(r) for r in rows if _names(r.rule, bridge) and '"accept"' in r.rule}
    for row in rows:
        drops = (row.family, row.position) == ("bridge", 0) and '"policy": "drop"' in row.rule
        if not drops or _chain(row) in admitting:
            continue
        yield _dropping(row, bridge)


def _dropping(row: NftablesRow, bridge: str) -> Finding:
    current = f"{row.family} {row.table} {row.chain} has the policy drop"
    way = "out" if '"hook": "output"' in row.rule else "in"
    then = (
        f"have it accept what is of {bridge}, now and in what sets it at a boot: ebtables -A"
        f" {row.chain} --logical-{way} {bridge} -j ACCEPT"
    )
    if '"hook": "forward"' in row.rule:
        why, then = "guests would not reach the LAN", f"{then}; or consent: [{GUESTS_DROPPED}]"
        return Finding("consent", FOR_BRIDGES, current, why, then, GUESTS_DROPPED)
    why = f"after the change the host's own traffic goes through {bridge}: it may be cut off"
    return Finding("block", FOR_BRIDGES, current, why, then)


def _chain(row: NftablesRow) -> tuple[str, str, str]:
    return (row.family, row.table, row.chain)


def _names(rule: str, ifname: str) -> bool:
    return _name(ifname).search(rule) is not None


def _name(ifname: str) -> re.Pattern[str]:
    """The name as JSON has it, and each pattern (`enp*`) that it matches."""
    stems = "|".join(re.escape(ifname[:end]) for end in range(1, len(ifname) + 1))
    return re.compile(rf'"(?:{re.escape(ifname)}|(?:{stems})\*)"')


def _firewalld(nic: str) -> Finding:
    return Finding(
        "block",
        FIREWALLD,
        f"firewalld filters what comes in by {nic}",
        f"{FIREWALLD_ZONE}, so the host's own services would be cut off",
        "have nftables or iptables-persistent load the rules, for both names; disable firewalld",
    )


@looked_for("iptables", "no rule excludes the NIC (`! -i`)", "each rule with the NIC is copied")
def _all_but(case: Case) -> Iterator[Finding]:
    for rule in all_but(case.params.holder, case.params.bridge, case.snapshot):
        why = "a rule for every interface except the NIC cannot be copied for the bridge"
        yield Finding("block", "iptables", rule, why, "rewrite it first")


@looked_for(
    "Docker",
    "Docker is not on this host",
    "Docker sets the policy of FORWARD to DROP, for all traffic",
)
def _docker(case: Case) -> Iterator[Finding]:
    signs = [f"{name}.service is active" for name in case.around.services if name == DOCKER]
    signs += [f"{DOCKER_BRIDGE} is there"] if case.snapshot.find(LinkRow, DOCKER_BRIDGE) else []
    if not signs:
        return
    row = case.snapshot.find(SysctlRow, BRIDGE_NF)
    bridged = (f"{BRIDGE_NF} = {row.value}",) if row else ()
    yield Finding(
        "consent",
        "Docker",
        "; ".join((*signs, *_policy(case), *bridged)),
        "at its start Docker may set FORWARD to DROP and have bridged frames go through FORWARD"
        " (bridge-nf): guests would then reach this host and nobody else, by IPv4 and by IPv6",
        f"have FORWARD accept -i {case.params.bridge} -o {case.params.bridge} after each start of"
        " Docker: in the chain DOCKER-USER of iptables, and in FORWARD of ip6tables; then consent:"
        f" [{DOCKER}]",
        DOCKER,
    )


def _policy(case: Case) -> Iterator[str]:
    place = ("inet", "filter", "FORWARD", 0)
    policies = [
        row.rule.removeprefix("-P ")
        for row in case.snapshot.rows(FirewallRow)
        if (row.family, row.table, row.chain, row.position) == place
    ]
    yield from dict.fromkeys(f"policy {policy}" for policy in policies)


ACROSS_A_BRIDGE = (_docker,)
RULES = (_native, _bridged, _grouped, _all_but, _docker)
