"""What a state of a host does not meet of what confirmed changes promised. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from runbook.plan.changes.network_online import TARGET
from runbook.plan.forecast.boot import rehearse
from runbook.plan.forecast.boot_effect import BootEffect
from runbook.plan.netfilter.packet import Packet, arriving
from runbook.plan.netfilter.path import IN, THROUGH, Rules, judge
from runbook.plan.netfilter.ruleset import live
from runbook.plan.netfilter.walk import PacketVerdict
from runbook.plan.promise import nic_name
from runbook.plan.promise.check import Check
from runbook.plan.promise.guests import GuestPromise
from runbook.plan.promise.host import HOST_ROUTE, Promise
from runbook.records.audit.drift import Severity
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection
from runbook.state.nftables import NftablesRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

# Where it is 1, iptables filters what guests send to each other and to the LAN.
BRIDGED = "net.bridge.bridge-nf-call-iptables"
PUT_BACK = "put it back as recorded"


@dataclass(frozen=True, slots=True)
class Promises:
    """What the confirmed changes of a host promised, and the connection that asks now.

    `keeps_name`: the change of the host wrote a file that keeps the NIC's name at a boot.
    """

    host: Promise | None = None
    guests: tuple[GuestPromise, ...] = ()
    own: Connection | None = None
    keeps_name: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """Something promised that is not met; `about` tells needs of one severity apart."""

    severity: Severity
    about: str
    shown: str
    then: str = PUT_BACK


Unmet = dict[tuple[Severity, str], Need]


def unmet(promises: Promises, snapshot: Snapshot) -> Unmet:
    """Everything promised that this state of the host does not meet."""
    found = [*_of_guests(promises, snapshot)]
    if promises.host:
        found += _of_host(promises.host, snapshot)
        found += _packets(promises.host, promises.own, snapshot)
        found += _name(promises.host.nic, snapshot, promised=promises.keeps_name)
    return {(need.severity, need.about): need for need in found}


def _of_host(promise: Promise, snapshot: Snapshot) -> Iterator[Need]:
    for step in rehearse(promise, snapshot):
        if not step.effect.kept:
            yield _at_boot(promise, step.effect)
    reach = promise.reach(snapshot)
    for check in promise.checks(snapshot):
        if not check.kept:
            yield _now(check, Severity.OFF_THE_LAN if check in reach else Severity.LESS)


def _of_guests(promises: Promises, snapshot: Snapshot) -> Iterator[Need]:
    for promise in promises.guests:
        for guest in promise.guests:
            for check in guest.checks(promise.network, promise.bridge, snapshot):
                if not check.kept:
                    yield _guest(guest.name, check)


def _guest(name: str, check: Check) -> Need:
    need = _now(check, Severity.OFF_THE_LAN)
    return Need(need.severity, need.about, f"Guest {name}: {need.shown}", f"virsh dumpxml {name}")


def _now(check: Check, severity: Severity) -> Need:
    return Need(severity, check.about, f"{check.about}: {check.seen}; promised: {check.promised}")


def _at_boot(promise: Promise, effect: BootEffect) -> Need:
    """An effect without which the host itself is there again is less, and no loss of the host."""
    beside = {name for name, _ in promise.sysctls} | {TARGET}
    less = not effect.required or effect.about in beside
    severity = Severity.LESS if less else Severity.NEXT_BOOT
    shown = f"At the next boot: {effect.about}: {effect.does}; promised: {effect.promised}"
    return Need(severity, f"boot {effect.about}", shown, effect.then or PUT_BACK)


def _name(nic: str, snapshot: Snapshot, *, promised: bool) -> Iterator[Need]:
    """A card that gets another name leaves the bridge without a port."""
    path, name = next(nic_name.pinned(nic, snapshot), ("", ""))
    about = f"name of {nic}"
    if name and name != nic:
        shown = f"At the next boot: {nic} is called {name}, and is no port of the bridge"
        do = f"have {path} give the name {nic}"
        yield Need(Severity.NEXT_BOOT, about, shown, do)
    elif promised and not name:
        shown = (
            f"Nothing keeps the name {nic}. If the card gets another name at a boot, for example in"
            " another slot, the bridge has no port"
        )
        yield Need(Severity.LESS, about, shown)


def _packets(promise: Promise, own: Connection | None, snapshot: Snapshot) -> Iterator[Need]:
    rules = Rules(live(snapshot.rows(FirewallRow)), snapshot.rows(NftablesRow))
    bridged = snapshot.find(SysctlRow, BRIDGED)
    if bridged and bridged.value == "1":
        packet = _between_guests(promise)
        shown = "The firewall does not let guests on the bridge reach the LAN"
        yield from _dropped(rules, packet, THROUGH, "guests' packets", shown)
    if own and own.server == str(promise.address.ip):
        packet = arriving(own, promise.bridge, "NEW")
        shown = f"The firewall does not accept a new SSH connection from {own.client}"
        yield from _dropped(rules, packet, IN, "new connections", shown)


def _between_guests(promise: Promise) -> Packet:
    # An address without a subnet says nothing of the guests' addresses.
    lan = IPv4Network(promise.address.network)
    bridge = promise.bridge
    if lan.prefixlen == HOST_ROUTE:
        return Packet("inet", "tcp", "NEW", iif=bridge, oif=bridge, starts=True)
    return Packet("inet", "tcp", "NEW", src=lan, iif=bridge, oif=bridge, starts=True)


def _dropped(
    rules: Rules, packet: Packet, way: tuple[tuple[str, str], ...], about: str, text: str
) -> Iterator[Need]:
    judgement = judge(rules, packet, way)
    if judgement.verdict is not PacketVerdict.ACCEPT:
        told = " ; ".join(line.strip() for line in judgement.explanation.splitlines())
        do = "accept these packets before that rule, or put the rule or policy back as recorded"
        yield Need(Severity.OFF_THE_LAN, about, f"{text}: {told}", do)
