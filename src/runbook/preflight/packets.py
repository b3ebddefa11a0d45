"""What the firewall has against a change, by walking packets through it as it will be.

The rules after the change are the live ones, with what libvirt adds for the
network and with every iptables command of the plan. Packets that cannot be
judged are held against the NIC as it is now: rules that let the operator in
although nobody here can say so will do it on the bridge as well, and that is
a warning. A doubt that the change itself brings in is a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from runbook.params import Params
from runbook.plan.changes.profile import SetPolicy
from runbook.plan.netfilter.libvirt import Network, with_network
from runbook.plan.netfilter.packet import Packet, State, arriving, leaving
from runbook.plan.netfilter.path import IN, OUT, THROUGH, HookPath, Rules, judge
from runbook.plan.netfilter.ruleset import ChainPlace, after, live, usual_backend
from runbook.plan.netfilter.walk import LOST, Judgement, PacketVerdict
from runbook.plan.plan import Plan
from runbook.plan.routed.ipv4 import point_to_point
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.preflight.firewall import GUESTS_DROPPED
from runbook.preflight.native_rules import (
    NFTABLES,
    accept_first,
    accepting_first,
    chain_of,
    dropping,
)
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow
from runbook.state.firewall import FirewallRow
from runbook.state.host.environment import Surroundings
from runbook.state.host.operator_connection import Connection, Family
from runbook.state.host.rules_at_boot import PACKAGE
from runbook.state.nftables import NftablesRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

ABOUT = "firewall"
CONSENT = "accept-all"
FLUSH, FORWARD = "flush ruleset", "forward"
# Where br_netfilter is loaded, and says so: bridged frames are packets to iptables.
BRIDGED: dict[Family, str] = {
    "inet": "net.bridge.bridge-nf-call-iptables",
    "inet6": "net.bridge.bridge-nf-call-ip6tables",
}


DOCKER_USER = "DOCKER-USER"
# What guests lose: an IPv6 neighbour is asked for by IPv6 itself.
OF_FAMILY: dict[Family, tuple[str, str, str]] = {
    "inet": ("IPv4", "iptables", "guests would answer ARP only, and their IPv4 traffic is dropped"),
    "inet6": ("IPv6", "ip6tables", "guests would not even find their IPv6 neighbours"),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A packet and its way through the host, before and after the change."""

    about: str
    before: Packet
    after: Packet
    way: HookPath


def _profile_keep(case: Case) -> Iterator[Finding]:
    """What becomes of the rules, and what a boot will make of them."""
    params, around = case.params, case.around
    yield from _profile(params, around.operator)
    if params.firewall != "keep" or params.rules is not None:
        yield from _persistence(around)
        yield from _flushed(case.snapshot, around)
        yield from _backend(case.plan, case.snapshot, around)


@looked_for(
    "packets",
    "the firewall also accepts your connection on the bridge, and forwards guests",
    "a rule that is right for the NIC can cut you off on the bridge",
)
def _packets(case: Case) -> Iterator[Finding]:
    if not case.plan.empty:
        now, then = rules_now(case.snapshot), rules_then(case.params, case.plan, case.snapshot)
        yield from _operator(case, now, then)
        yield from _guests(case.params, case.snapshot, then)


def rules_now(snapshot: Snapshot) -> Rules:
    """What decides on a packet now."""
    return Rules(live(snapshot.rows(FirewallRow)), snapshot.rows(NftablesRow))


def rules_then(params: Params, plan: Plan, snapshot: Snapshot) -> Rules:
    """What will decide once the plan is made."""
    backend = usual_backend(snapshot.rows(FirewallRow))
    steps = [(numbered.change.phase, numbered.step) for numbered in plan.steps()]
    early = [step for phase, step in steps if phase == "prepare"]
    late = [step for phase, step in steps if phase != "prepare"]
    chains = after(live(snapshot.rows(FirewallRow)), early, backend)
    if params.forward == "nat":
        network = Network(params.bridge, str(params.ipv4.network), params.interface)
        chains = with_network(chains, network, backend)
    return Rules(after(chains, late, backend), snapshot.rows(NftablesRow))


@looked_for(
    "packets",
    "the firewall lets guests on the bridge reach the LAN",
    "guests on the bridge need the LAN",
)
def _across_it(case: Case) -> Iterator[Finding]:
    """For a bridge that is there already: the rules stay as they are."""
    if not case.plan.empty:
        yield from _guests(case.params, case.snapshot, rules_now(case.snapshot))


def _profile(params: Params, operator: Connection | None) -> Iterator[Finding]:
    if params.firewall == "keep":
        current = (
            "profile keep: your rules and policies stay; each rule that names the NIC is copied"
        )
        why = "the rules accept and drop the same packets as before"
        do = "check that they fit host and guests; or set firewall: accept, or firewall: drop"
        yield Finding("note", ABOUT, current, why, do)
    if params.firewall == "accept":
        current = "profile accept: INPUT, FORWARD and OUTPUT accept whatever no rule decides on"
        why = "use it only behind another firewall, on a LAN where you trust every machine"
        do = f"consent: [{CONSENT}], or firewall: drop"
        yield Finding("consent", CONSENT, current, why, do, CONSENT)
    if params.firewall == "drop" and operator:
        current = f"profile drop accepts SSH from {operator.client} to port {operator.server_port}"
        why = "SSH from other addresses works only if one of your own rules accepts it"
        yield Finding("note", ABOUT, current, why)


def _persistence(around: Surroundings) -> Iterator[Finding]:
    if not around.persistence.in_place:
        missing = ", ".join(around.persistence.missing)
        current = f"{missing} missing" if missing else "netfilter-persistent is not enabled"
        why = "without it the rules are gone after a reboot"
        do = f"apt-get install {PACKAGE}; systemctl enable netfilter-persistent"
        yield Finding("block", f"package {PACKAGE}", current, why, do)


def _flushed(snapshot: Snapshot, around: Surroundings) -> Iterator[Finding]:
    conf = snapshot.find(FileRow, NFTABLES)
    if around.persistence.nftables and conf and FLUSH in conf.content:
        current = f"{NFTABLES} says `{FLUSH}`, and nftables.service is enabled"
        why = "two units load rules at the same moment of a boot, and one may flush the other's"
        yield Finding(
            "block", "nftables", current, why, "take the line out, or disable the service"
        )


def _backend(plan: Plan, snapshot: Snapshot, around: Surroundings) -> Iterator[Finding]:
    actual, chains = around.persistence.backend, live(snapshot.rows(FirewallRow))
    for change in plan.changes:
        if not isinstance(change, SetPolicy):
            continue
        there = chains.get(ChainPlace(actual, change.family, change.table, change.chain))
        if not actual or (there and there.policy != change.policy_before):
            current = (
                f"both backends have rules, and `iptables --version` says {actual or 'neither'}"
            )
            policy = f"-P {change.chain} {change.policy_before}"
            why = f"the undo would put back {policy} in the wrong backend"
            yield Finding(
                "block", "iptables", current, why, "remove the rules of the other backend"
            )
            return


def _operator(case: Case, now: Rules, then: Rules) -> Iterator[Finding]:
    operator = case.around.operator
    if operator is None:
        yield from _nobody(case.params, case.around)
        return
    for trial in _trials(case.params, case.snapshot, operator):
        judgement = judge(then, trial.after, trial.way)
        if judgement.verdict is not PacketVerdict.ACCEPT:
            yield _cut_off(trial, judgement, judge(now, trial.before, trial.way))


def _nobody(params: Params, around: Surroundings) -> Iterator[Finding]:
    current = "your own connection is not known: it does not come through sshd on the host"
    if params.firewall == "drop" and around.sshd_listens:
        why = "profile drop lets in the address that you connect from, and no other"
        yield Finding("block", "operator", current, why, "connect by ssh")
    elif params.connect not in ("local", "sudo"):
        why = "runbook cannot check your connection against the firewall rules"
        yield Finding("note", "operator", current, why, "nothing; the undo is armed meanwhile")


def _trials(params: Params, snapshot: Snapshot, operator: Connection) -> Iterator[Trial]:
    """A new connection, a packet of this one, and its answer."""
    before = _holder(snapshot, operator.server)
    after_ = params.bridge if before == params.holder else before
    states: tuple[State, ...] = ("NEW", "ESTABLISHED")
    for state in states:
        about = "a new connection of yours" if state == "NEW" else "your own connection"
        yield Trial(about, arriving(operator, before, state), arriving(operator, after_, state), IN)
    yield Trial("the answer to you", leaving(operator, before), leaving(operator, after_), OUT)


def _holder(snapshot: Snapshot, address: str) -> str | None:
    """The interface with the address; None where that is not one."""
    names = {row.ifname for row in snapshot.rows(AddressRow) if row.address == address}
    return names.pop() if len(names) == 1 else None


def _cut_off(trial: Trial, judgement: Judgement, before: Judgement) -> Finding:
    current = (
        f"{trial.about} on {trial.after.iif or trial.after.oif or '?'}: {judgement.explanation}"
    )
    do = "accept your address and port, on the bridge, before that rule"
    if judgement.verdict in LOST:
        return Finding("block", ABOUT, current, "you would be cut off", do)
    if before.verdict is PacketVerdict.UNSURE:
        why = "runbook cannot judge this rule; it lets you in now, so it will afterwards"
        return Finding("note", ABOUT, current, why, "nothing; the undo is armed meanwhile")
    return Finding("block", ABOUT, current, "accepted now, may be dropped after the change", do)


def _guests(params: Params, snapshot: Snapshot, then: Rules) -> Iterator[Finding]:
    for family, name in BRIDGED.items():
        switch = snapshot.find(SysctlRow, name)
        if switch is None or switch.value != "1":
            continue
        rules = _without_admitting(then, params.bridge)
        judgement = judge(rules, _across(params, family), THROUGH)
        if judgement.verdict is not PacketVerdict.ACCEPT:
            word = "is dropped" if judgement.verdict in LOST else "may be dropped"
            version, _program, loss = OF_FAMILY[family]
            current = (
                f"{name} is 1, so FORWARD filters the {version} that guests send; it {word}:"
                f" {judgement.explanation}"
            )
            why = f"{loss}; guests on the LAN are what this change is for"
            do = (
                f"{'; '.join(_remedies(params, family, snapshot, rules))}; if no guest needs"
                f" {version}, consent: [{GUESTS_DROPPED}]"
            )
            yield Finding("consent", "guests", current, why, do, GUESTS_DROPPED)


def _without_admitting(rules: Rules, bridge: str) -> Rules:
    """The rules without the chains of nft's own that accept what crosses the bridge, first of all.

    They meet it in forwarding alone; other chains of their table are still there.
    """
    crossing = {"iifname": bridge, "oifname": bridge}
    admitting = accepting_first(rules.nftables, crossing)
    kept = (row for row in rules.nftables if chain_of(row) not in admitting)
    return replace(rules, nftables=tuple(kept))


def _remedies(params: Params, family: Family, snapshot: Snapshot, rules: Rules) -> Iterator[str]:
    """What lets guests through: by iptables, and in each chain of nft's own that may drop."""
    _version, program, _loss = OF_FAMILY[family]
    chains = dropping(rules.nftables, family, FORWARD)
    without = judge(replace(rules, nftables=()), _across(params, family), THROUGH)
    if without.verdict is not PacketVerdict.ACCEPT:
        chain = _chain_of_docker(family, snapshot) or "FORWARD"
        yield (
            f"{program} -I {chain} -i {params.bridge} -o {params.bridge} -j ACCEPT, and have a"
            " boot do the same"
        )
        if not chains:
            yield "or use firewall: drop, which does"
    if chains:
        yield accept_first(chains, f'iifname "{params.bridge}" oifname "{params.bridge}"')
    elif without.verdict is PacketVerdict.ACCEPT:
        yield f"see that these rules let through what comes in by {params.bridge}"


def _chain_of_docker(family: Family, snapshot: Snapshot) -> str:
    """The chain that Docker leaves to the administrator; '' where it has made none."""
    rows = snapshot.rows(FirewallRow)
    there = any((row.family, row.chain) == (family, DOCKER_USER) for row in rows)
    return DOCKER_USER if there else ""


def _across(params: Params, family: Family) -> Packet:
    """A guest's first packet to anybody, in and out by the bridge."""
    packet = Packet(family, "tcp", "NEW", iif=params.bridge, oif=params.bridge, starts=True)
    # An address without a subnet says nothing of the guests' addresses.
    on_the_lan = family == "inet" and not point_to_point(params.ipv4)
    return replace(packet, src=IPv4Network(params.ipv4.network) if on_the_lan else None)


ACROSS_A_BRIDGE = (_across_it,)
RULES = (_profile_keep, _packets)
