"""A confirmed change that is to be taken back: whether it is in force, and what is lost by it."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.params.fields import CARRIERS
from runbook.plan.promise.host import REACH
from runbook.plan.promise.reverted import LOSES, RevertPromise
from runbook.plan.routed.attach import onto
from runbook.preflight import files, identity, ready, record, ssh_limits
from runbook.preflight.finding import Case, Cleared, Finding, looked_for
from runbook.preflight.judge import judge
from runbook.state.guests import TapRow
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot

# A host on which Docker was installed since has hundreds of rows more.
_NAMED = 4


@looked_for(
    "the change",
    "the change that the record describes is in force",
    "a revert takes back only a change that is in force",
)
def _in_force(case: Case) -> Iterator[Finding]:
    promise = case.plan.of_revert
    for group in REACH:
        for check in group(promise.changed, case.snapshot):
            if not check.kept:
                yield Finding(
                    "block",
                    check.about,
                    f"the change promised {check.promised}; on the host: {check.seen}",
                    "somebody has altered what the change made, and its undo would not fit",
                    f"`runbook audit {case.plan.host}` lists what differs; put this back first",
                )


@looked_for(
    "the network",
    "libvirt has the network, and it runs",
    "the undo of a revert cannot start a network that is gone",
)
def _network(case: Case) -> Iterator[Finding]:
    name = case.plan.of_revert.changed.network
    row = case.snapshot.find(NetworkRow, name)
    if row is None or not (row.active and row.persistent and row.autostart):
        yield Finding(
            "block",
            f"network {name}",
            "it is gone, or it does not run, or libvirt does not start it at a boot",
            "the undo of this revert brings it back as it is now",
            f"virsh net-start {name}; virsh net-autostart {name}; or, if it is gone, do by hand"
            " what is left to do",
        )


@looked_for(
    "NIC", "the NIC is there, by its name and its MAC", "the address goes back onto the NIC"
)
def _nic(case: Case) -> Iterator[Finding]:
    promise = case.plan.of_revert
    row = case.snapshot.find(LinkRow, promise.nic)
    if row is None:
        named = [r.ifname for r in case.snapshot.rows(LinkRow) if r.mac == promise.mac]
        now = [name for name in named if name != promise.bridge]
        yield Finding(
            "block",
            "NIC",
            f"there is no {promise.nic}" + (f"; its card is called {now[0]} now" if now else ""),
            "the files before the change speak of that name, and the address would have no place",
            "give the card its name back, or configure the new card by hand",
        )
    elif not promise.attached and row.mac != promise.mac:
        yield Finding(
            "block",
            "NIC",
            f"{promise.nic} has the MAC {row.mac}; before the change it had {promise.mac}",
            "it is another card, and a switch or a DHCP server may know the old one only",
            "configure the new card by hand, or put the old one in",
        )


@looked_for(
    "guests",
    "no guest is on the network or its bridge",
    "the revert removes both, and such a guest would be off the LAN",
)
def _guests(case: Case) -> Iterator[Finding]:
    promise = case.plan.of_revert
    for guest, where in _on(case.snapshot, promise):
        yield Finding(
            "block",
            f"guest {guest}",
            f"its interface is on {where}",
            "the revert takes that away, and the guest would be off the network, or not start",
            "give the guest another network first (virsh edit), or shut it off and detach the"
            " interface",
        )
    if promise.attached:
        return
    for row in onto(case.snapshot, promise.bridge):
        yield Finding(
            "block",
            f"network {row.name}",
            f"it leads onto {promise.bridge}",
            "the bridge goes away with the revert",
            f"virsh net-destroy {row.name}; virsh net-undefine {row.name}; then run again",
        )


def _on(snapshot: Snapshot, promise: RevertPromise) -> Iterator[tuple[str, str]]:
    """Each guest, and whatever else is a port of the bridge, with what it is on."""
    network, bridge = promise.changed.network, promise.bridge
    places = (network,) if promise.attached else (network, bridge)
    taps = snapshot.rows(TapRow)
    for tap in taps:
        for place in dict.fromkeys((tap.source, tap.defined_source)):
            if place in places:
                yield tap.guest, place
    known = {promise.nic, *CARRIERS, *(tap.target for tap in taps)}
    for row in () if promise.attached else snapshot.rows(LinkRow):
        if row.master == bridge and row.ifname not in known:
            yield f"behind {row.ifname}", bridge


@looked_for(
    "lost",
    "nothing was added on the bridge, and nothing is overwritten",
    "the revert would remove an addition without notice",
)
def _lost(case: Case) -> Iterator[Finding]:
    promise = case.plan.of_revert
    for line in promise.lost:
        yield Finding(
            "consent",
            "lost",
            line,
            f"it was added after the change, and goes away with {promise.bridge}",
            "note it down and make it again on the NIC after the revert",
            LOSES,
        )
    for line in promise.replaced:
        yield Finding(
            "consent",
            "overwritten",
            line,
            "the change had set it, somebody set it anew, and the revert sets it as before",
            "see who needs it; the record of this run keeps the value",
            LOSES,
        )


@looked_for(
    "copies", "each file is as the change left it, or keeps what was added", "nothing is lost"
)
def _copied(case: Case) -> Iterator[Finding]:
    for path in case.plan.of_revert.copied:
        yield Finding(
            "note",
            path,
            "it was edited since the change, and the revert replaces the whole file",
            "the file is the change's own, so nothing of it is needed without the change",
            "a copy is kept in `originals` of this run's folder on the host",
        )


@looked_for(
    "kept",
    "nothing else was altered since the change",
    "an alteration that the change did not make stays",
)
def _kept(case: Case) -> Iterator[Finding]:
    by_table: dict[str, list[str]] = {}
    for row in case.plan.of_revert.kept:
        by_table.setdefault(row.table, []).append(row.key)
    for table, keys in by_table.items():
        more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
        yield Finding(
            "note",
            f"kept: {table}",
            f"altered since the change: {', '.join(keys[:_NAMED])}{more}",
            "the change did not touch this; the verification checks that it has stayed",
            "nothing: the revert leaves it as it is",
        )


RULES = (
    *identity.RULES,
    *ready.OF_ANY_CHANGE,
    *files.RULES,
    *record.RULES,
    *ssh_limits.RULES,
    _nic,
    _in_force,
    _network,
    _guests,
    _lost,
    _copied,
    _kept,
)


def preflight(case: Case) -> Cleared:
    """Apply every rule about a revert; raises RefusedByPreflight if a finding stands in the way."""
    return judge(case, RULES, frozenset({LOSES}))
