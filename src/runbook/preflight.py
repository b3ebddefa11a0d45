"""Plan x Snapshot -> Cleared, or Refused with every finding that speaks against it.

Pure. Each rule looks at one thing that has cut hosts off, and says what it
saw and what to do. A rule that refuses names a state that the undo could not
bring back, or that the change does not know how to carry over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from runbook.changes.network_hook import SINCE_LIBVIRT
from runbook.errors import Refused
from runbook.moves import ipv6
from runbook.moves.firewall import all_but
from runbook.params import Params
from runbook.plan import Plan
from runbook.promise import rows
from runbook.state.snapshot import Snapshot
from runbook.surroundings import Surroundings

Severity = Literal["refuse", "warn", "note"]
NIC_KINDS = ("", "veth")
OWN_RULES = (0, 32766, 32767)
ROOM_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen; only 'refuse' stands in the way."""

    severity: Severity
    about: str
    seen: str
    then: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules may look at."""

    params: Params
    plan: Plan
    seen: Snapshot
    around: Surroundings


@dataclass(frozen=True, slots=True)
class Cleared:
    """A plan that may be armed, with what was found on the way."""

    plan: Plan
    before: Snapshot
    findings: tuple[Finding, ...]


class RefusedByPreflight(Refused):
    """Refused, with the findings that say why."""

    def __init__(self, host: str, findings: tuple[Finding, ...]) -> None:
        """List what refuses; keep all of it."""
        against = [f for f in findings if f.severity == "refuse"]
        lines = "\n".join(f"  - {f.about}: {f.seen}\n    {f.then}" for f in against)
        super().__init__(
            f"preflight refuses the change, {len(against)} finding(s):\n{lines}",
            host=host,
            state="nothing was written",
            then="do what each finding says, then run again",
        )
        self.findings = findings


def preflight(params: Params, plan: Plan, seen: Snapshot, around: Surroundings) -> Cleared:
    """Apply every rule; raises RefusedByPreflight if one refuses."""
    case = Case(params, plan, seen, around)
    findings = tuple(finding for rule in RULES for finding in rule(case))
    if any(finding.severity == "refuse" for finding in findings):
        raise RefusedByPreflight(plan.host, findings)
    return Cleared(plan, seen, findings)


def _nic(case: Case) -> Iterator[Finding]:
    nic = case.params.interface
    (link,) = rows(case.seen.links, ifname=nic)
    if link["kind"] not in NIC_KINDS:
        yield Finding("refuse", nic, f"it is a {link['kind']}", "name the physical NIC")
    if link["master"]:
        then = "take it out of there first, or name another NIC"
        yield Finding("refuse", nic, f"it is already part of {link['master']}", then)
    if not (link["up"] and link["carrier"]):
        yield Finding("refuse", nic, "it is down or has no carrier", "bring the link up first")
    for child in rows(case.seen.links, lower=nic):
        then = "a NIC that carries other interfaces is not moved by this procedure"
        yield Finding("refuse", nic, f"{child['ifname']} ({child['kind']}) is on top of it", then)


def _addresses(case: Case) -> Iterator[Finding]:
    nic = case.params.interface
    for row in rows(case.seen.addresses, ifname=nic):
        shown = f"{row['address']}/{row['prefixlen']}"
        if row["family"] == "inet" and row["address"] != str(case.params.ipv4.ip):
            then = "one IPv4 address is moved; remove the others first"
            yield Finding("refuse", nic, f"it also holds {shown}", then)


def _ipv6(case: Case) -> Iterator[Finding]:
    for found in ipv6.uncarried(case.params, case.seen):
        yield Finding("refuse", found.about, found.seen, found.then)
    six = case.plan.promise.ipv6
    for address in six.addresses if six else ():
        yield Finding("note", "IPv6", address, "moves along, with the routes through the NIC")


def _routes(case: Case) -> Iterator[Finding]:
    default = rows(case.seen.routes, family="inet", table=254, dst="default")
    shown = ", ".join(f"via {r['gateway']} dev {r['ifname']}" for r in default) or "none"
    wanted = f"via {case.params.gateway} dev {case.params.interface}"
    if shown != wanted:
        then = f"the change needs exactly one default route, {wanted}"
        yield Finding("refuse", "default route", shown, then)
    for row in rows(case.seen.routes, family="inet"):
        if case.params.interface in str(row["nexthops"]):
            then = "multipath routes are not carried over"
            yield Finding("refuse", f"route to {row['dst']}", str(row["nexthops"]), then)


def _rules(case: Case) -> Iterator[Finding]:
    nic = case.params.interface
    for row in rows(case.seen.rules):
        if row["priority"] in OWN_RULES:
            continue
        shown = f"priority {row['priority']} table {row['table']}"
        if nic in (row["iif"], row["oif"]):
            then = f"it is bound to {nic} and would stop matching; rewrite it first"
            yield Finding("refuse", "policy rule", shown, then)
        else:
            yield Finding("note", "policy rule", shown, "routes in its table move along")


def _networks(case: Case) -> Iterator[Finding]:
    nic, network = case.params.interface, case.params.network
    for row in rows(case.seen.networks):
        name = str(row["name"])
        if name == network or row["bridge"] == case.params.bridge:
            then = "remove it, or choose other names for network and bridge"
            yield Finding("refuse", f"network {name}", f"it has bridge {row['bridge']}", then)
        elif row["forward_dev"] == nic:
            then = f"its guests leave by {nic} by name and would be cut off; change that first"
            yield Finding("refuse", f"network {name}", f"forwards through {nic}", then)
        elif row["active"] and case.params.forward == "nat":
            then = (
                "libvirt would reject its guests' traffic through the new bridge; use forward: open"
            )
            yield Finding("refuse", f"network {name}", "active beside a new NAT network", then)
    if rows(case.seen.links, ifname=case.params.bridge):
        then = "choose another name for the bridge"
        yield Finding("refuse", case.params.bridge, "an interface of that name exists", then)


def _libvirt(case: Case) -> Iterator[Finding]:
    version = case.seen.identity.libvirt_version
    if version < SINCE_LIBVIRT:
        shown = f"libvirt {version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"
        then = "it reads no hooks from network.d, so a reboot would not bring the NIC back"
        yield Finding("refuse", "libvirt", shown, f"{then}; upgrade it to 6.5 or later")


def _guests(case: Case) -> Iterator[Finding]:
    for row in rows(case.seen.taps, type="direct", source=case.params.interface):
        then = "macvtap holds the NIC; the guest has to leave it first"
        yield Finding("refuse", f"guest {row['guest']}", f"attached to {row['source']}", then)


def _firewall(case: Case) -> Iterator[Finding]:
    nic = case.params.interface
    for row in rows(case.seen.nftables):
        if f'"{nic}"' in str(row["rule"]):
            shown = f"{row['family']} {row['table']} {row['chain']} names {nic}"
            then = "native nft rules are not rewritten; bind them to the address, or do it by hand"
            yield Finding("refuse", "nftables", shown, then)
    for rule in all_but(nic, case.params.bridge, case.seen):
        then = "a rule for everything but the NIC has no safe twin; rewrite it first"
        yield Finding("refuse", "iptables", rule, then)


def _stp(case: Case) -> Iterator[Finding]:
    if not case.params.stp:
        return
    if "bpdu" not in case.params.consent:
        then = "set stp: false, or consent: [bpdu] once you know the switch port has no guard"
        seen = "STP sends BPDUs; a switch port with BPDU guard shuts, and the host cannot undo that"
        yield Finding("refuse", "stp", seen, then)
    else:
        yield Finding("note", "stp", "BPDUs will be sent to the switch", "consented to")


def _surroundings(case: Case) -> Iterator[Finding]:
    for name in case.around.missing:
        then = "install it on the host: without it neither the change nor its undo is safe"
        yield Finding("refuse", "programs", f"{name} is missing", then)
    for name in case.around.managers:
        then = "this procedure is for hosts run by ifupdown; stop and disable it first"
        yield Finding("refuse", "network manager", f"{name} is active", then)
    if case.around.free_bytes < ROOM_BYTES:
        seen = f"{case.around.free_bytes >> 10} KiB free in /var/lib"
        yield Finding("refuse", "disk", seen, "free some room: the undo is kept there")
    for listen in case.around.sshd_listens:
        if listen.startswith(f"{case.params.ipv4.ip}:"):
            then = "at boot sshd would start before the bridge has the address; listen on all"
            yield Finding("refuse", "sshd", f"it listens on {listen} only", then)


RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _nic,
    _addresses,
    _ipv6,
    _routes,
    _rules,
    _networks,
    _libvirt,
    _guests,
    _firewall,
    _stp,
    _surroundings,
)
