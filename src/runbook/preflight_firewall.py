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

from runbook.changes.profile import SetPolicy
from runbook.netfilter.libvirt import Network, with_network
from runbook.netfilter.packet import Connection, Family, Packet, State
from runbook.netfilter.path import IN, OUT, THROUGH, Rules, Way, judge
from runbook.netfilter.ruleset import Place, after, live, usual_backend
from runbook.netfilter.walk import LOST, Judgement, Verdict
from runbook.params import Params
from runbook.persistence import PACKAGE
from runbook.plan import Plan
from runbook.promise import rows
from runbook.state.snapshot import Snapshot
from runbook.surroundings import Surroundings

# Severity, what it is about, what was seen, what to do: the fields of a Finding.
Told = tuple[str, str, str, str]
REFUSE, WARN, NOTE = "refuse", "warn", "note"
ABOUT = "firewall"
CONSENT = "accept-all"
NFTABLES, FLUSH = "/etc/nftables.conf", "flush ruleset"
# Where br_netfilter is loaded, and says so: bridged frames are packets to iptables.
BRIDGED: dict[Family, str] = {
    "inet": "net.bridge.bridge-nf-call-iptables",
    "inet6": "net.bridge.bridge-nf-call-ip6tables",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A packet and its way through the host, before and after the change."""

    about: str
    before: Packet
    after: Packet
    way: Way


def judged(params: Params, plan: Plan, seen: Snapshot, around: Surroundings) -> Iterator[Told]:
    """Every finding about the firewall."""
    yield from _profile(params, around.operator)
    if params.firewall != "keep" or params.rules is not None:
        yield from _persistence(around)
        yield from _flushed(seen, around)
        yield from _backend(plan, seen, around)
    if plan.empty:
        return
    now, then = rules_now(seen), rules_then(params, plan, seen)
    yield from _operator(params, seen, around, now, then)
    yield from _guests(params, seen, then)


def rules_now(seen: Snapshot) -> Rules:
    """What decides on a packet now."""
    return Rules(live(seen.firewall), seen.nftables)


def rules_then(params: Params, plan: Plan, seen: Snapshot) -> Rules:
    """What will decide once the plan is made."""
    backend = usual_backend(seen.firewall)
    steps = [(numbered.change.phase, numbered.step) for numbered in plan.steps()]
    early = [step for phase, step in steps if phase == "prepare"]
    late = [step for phase, step in steps if phase != "prepare"]
    chains = after(live(seen.firewall), early, backend)
    if params.forward == "nat":
        network = Network(params.bridge, str(params.ipv4.network), params.interface)
        chains = with_network(chains, network, backend)
    return Rules(after(chains, late, backend), seen.nftables)


def _profile(params: Params, operator: Connection | None) -> Iterator[Told]:
    if params.firewall == "keep":
        shown = "profile keep: rules and policies stay, but for a twin of each that names the NIC"
        yield (WARN, ABOUT, shown, "see that they are what host and guests need; or accept, drop")
    if params.firewall == "accept":
        shown = "profile accept: INPUT, FORWARD and OUTPUT accept whatever no rule decides on"
        given = CONSENT in params.consent
        then = f"only behind a firewall of its own: consent: [{CONSENT}], or firewall: drop"
        yield (NOTE if given else REFUSE, CONSENT, shown, "consented to" if given else then)
    if params.firewall == "drop" and operator:
        shown = f"profile drop: SSH from {operator.client} to port {operator.server_port}"
        yield (NOTE, ABOUT, shown, "from elsewhere only where a rule of yours accepts it already")


def _persistence(around: Surroundings) -> Iterator[Told]:
    if not around.persistence.in_place:
        missing = ", ".join(around.persistence.missing)
        shown = f"{missing} missing" if missing else "netfilter-persistent is not enabled"
        then = (
            f"apt-get install {PACKAGE}; systemctl enable netfilter-persistent:"
            " without it a boot comes up without these rules"
        )
        yield (REFUSE, f"package {PACKAGE}", shown, then)


def _flushed(seen: Snapshot, around: Surroundings) -> Iterator[Told]:
    """Two units load rules at the same moment of a boot, and one of them may flush first."""
    conf = "".join(str(row["content"]) for row in rows(seen.files, path=NFTABLES))
    if around.persistence.nftables and FLUSH in conf:
        shown = f"{NFTABLES} says `{FLUSH}`, and nftables.service is enabled"
        then = "a boot may flush the saved rules; take the line out, or disable that service"
        yield (REFUSE, "nftables", shown, then)


def _backend(plan: Plan, seen: Snapshot, around: Surroundings) -> Iterator[Told]:
    """The undo puts back a policy as it was in the backend that is taken for the host's own."""
    actual, chains = around.persistence.backend, live(seen.firewall)
    for change in plan.changes:
        if not isinstance(change, SetPolicy):
            continue
        there = chains.get(Place(actual, change.family, change.table, change.chain))
        if not actual or (there and there.policy != change.policy_before):
            shown = f"rules of both backends, and `iptables --version` says {actual or 'neither'}"
            then = f"take away the rules of the other: the undo would put back -P {change.chain}"
            yield (REFUSE, "iptables", shown, f"{then} {change.policy_before}")
            return


def _operator(
    params: Params, seen: Snapshot, around: Surroundings, now: Rules, then: Rules
) -> Iterator[Told]:
    if around.operator is None:
        yield from _nobody(params, around)
        return
    for trial in _trials(params, seen, around.operator):
        judgement = judge(then, trial.after, trial.way)
        if judgement.verdict is not Verdict.ACCEPT:
            yield _cut_off(trial, judgement, judge(now, trial.before, trial.way))


def _nobody(params: Params, around: Surroundings) -> Iterator[Told]:
    shown = "your own connection is not known: it does not come through sshd on the host"
    if params.firewall == "drop" and around.sshd_listens:
        then = "connect by ssh: profile drop lets in the address that it is made from, and no other"
        yield (REFUSE, "operator", shown, then)
    elif params.connect not in ("local", "sudo"):
        yield (WARN, "operator", shown, "it cannot be tried against the rules; the undo stands by")


def _trials(params: Params, seen: Snapshot, operator: Connection) -> Iterator[Trial]:
    """A new connection, a packet of this one, and its answer."""
    before = _holder(seen, operator.server)
    after_ = params.bridge if before == params.interface else before
    states: tuple[State, ...] = ("NEW", "ESTABLISHED")
    for state in states:
        about = "a new connection of yours" if state == "NEW" else "your own connection"
        yield Trial(about, operator.arriving(before, state), operator.arriving(after_, state), IN)
    yield Trial("the answer to you", operator.leaving(before), operator.leaving(after_), OUT)


def _holder(seen: Snapshot, address: str) -> str | None:
    """The interface with the address; None where that is not one."""
    names = {str(row["ifname"]) for row in rows(seen.addresses, address=address)}
    return names.pop() if len(names) == 1 else None


def _cut_off(trial: Trial, judgement: Judgement, before: Judgement) -> Told:
    shown = f"{trial.about} on {trial.after.iif or trial.after.oif or '?'}: {judgement.told}"
    if judgement.verdict in LOST:
        then = "you would be cut off: accept your address and port, on the bridge, before that rule"
        return (REFUSE, ABOUT, shown, then)
    if before.verdict is Verdict.UNSURE:
        then = "nobody can say here, now or then; as it is let in now, the undo stands by for then"
        return (WARN, ABOUT, shown, then)
    then = "it is let in now, and may not be then: accept your address and port before that rule"
    return (REFUSE, ABOUT, shown, then)


def _guests(params: Params, seen: Snapshot, then: Rules) -> Iterator[Told]:
    """Trap: ARP passes, so guests are seen on the LAN, and their IP is dropped."""
    for family, name in BRIDGED.items():
        if not any(str(row["value"]) == "1" for row in rows(seen.sysctl, name=name)):
            continue
        judgement = judge(then, _across(params, family), THROUGH)
        if judgement.verdict is not Verdict.ACCEPT:
            word = "is dropped" if judgement.verdict in LOST else "may be dropped"
            shown = f"{name} is 1, so what guests send is forwarded, and {word}: {judgement.told}"
            do = (
                f"guests would answer ARP and nothing else: accept -i {params.bridge}"
                f" -o {params.bridge} in FORWARD, or use firewall: drop, which does"
            )
            yield (WARN, "guests", shown, do)


def _across(params: Params, family: Family) -> Packet:
    """A guest's first packet to anybody, in and out by the bridge."""
    packet = Packet(family, "tcp", "NEW", iif=params.bridge, oif=params.bridge, starts=True)
    lan = IPv4Network(params.ipv4.network) if family == "inet" else None
    return replace(packet, src=lan)
