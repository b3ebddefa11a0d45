"""A bridge whose place libvirt's takes: whether everything that hangs in it can pass."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.routed import adopt, ipv6
from runbook.plan.routed.attach import onto
from runbook.preflight.finding import CaseWithoutPlan, Finding, looked_for
from runbook.state.links import LinkRow

FIELD = "adopt"
EMPTY = "after the change this bridge has no port on the LAN"


@looked_for(
    "old bridge",
    "no bridge is replaced, or every port of the old bridge can move",
    "a port that stays in the old bridge is off the LAN",
)
def _adopted(case: CaseWithoutPlan) -> Iterator[Finding]:
    if case.params.adopt:
        for rule in (_bridge, _ports, _learned, _guests):
            yield from rule(case, case.params.adopt)


def _bridge(case: CaseWithoutPlan, name: str) -> Iterator[Finding]:
    bridge = case.snapshot.find(LinkRow, name)
    port = case.snapshot.find(LinkRow, case.params.interface)
    if bridge is None or bridge.kind != "bridge":
        yield _block(name, "there is no bridge of that name", "there is nothing to take over")
    elif port is None or port.master != name:
        shown = f"{case.params.interface} is no port of it"
        yield _block(name, shown, "`interface` has to be the bridge's port onto the LAN")
    elif bridge.stp:
        why = "while its ports pass, the two bridges are joined, and STP would block that for 4 s"
        then = f"ip link set dev {name} type bridge stp_state 0, and bridge_stp off in its stanza"
        yield _block(name, "STP is on", why, then)
    elif bridge.vlan_filtering:
        why = "its ports have VLANs of their own; libvirt's bridge would let all of them through"
        yield _block(name, "VLAN filtering is on", why)


def _ports(case: CaseWithoutPlan, name: str) -> Iterator[Finding]:
    if strangers := adopt.strangers(case.params, case.snapshot):
        yield _block(
            name,
            f"{', '.join(strangers)} is in it, and no guest of libvirt has it",
            "runbook does not know what would put it into the new bridge after a boot",
            "take it out of the bridge first, or use attach: true, which leaves the bridge alone",
        )
    for link in case.snapshot.rows(LinkRow):
        if link.lower == name:
            yield _block(name, f"{link.ifname} ({link.kind}) is on top of it", EMPTY)
    for row in onto(case.snapshot, name):
        yield _block(
            name,
            f"libvirt network {row.name} leads onto it",
            EMPTY,
            f"undo the change that made {row.name}; or give its guests <source bridge='{name}'/>"
            f" and undefine it",
        )
    for guest in adopt.asleep(case.params, case.snapshot):
        yield _block(
            name,
            f"{guest} is saved to the disk, and its memory names this bridge",
            EMPTY,
            f"virsh start {guest}, or virsh managedsave-remove {guest}",
        )


def _learned(case: CaseWithoutPlan, name: str) -> Iterator[Finding]:
    moves = ipv6.moved(case.params, case.snapshot)
    if moves and moves.learns:
        yield _block(
            name,
            "the host learns IPv6 addresses or routes from a router",
            "while the bridges are joined, both would hear the router and take one address",
        )


def _guests(case: CaseWithoutPlan, name: str) -> Iterator[Finding]:
    way = adopt.shortcut(case.params, case.snapshot, "")
    straight = {tap for _, tap in way.guests} if way else set()
    taps = adopt.taps(case.params, case.snapshot)
    if past := [tap for tap in taps if tap in straight]:
        yield Finding(
            "note",
            name,
            f"guests are in it by {', '.join(past)}",
            "libvirt moves their taps, and then the cutover moves the NIC. Meanwhile nftables hands"
            " frames between these taps and the NIC on, past both bridges",
            "nothing; a host without `nft` drops such frames for some milliseconds",
        )
    if dropped := [tap for tap in taps if tap not in straight]:
        yield Finding(
            "note",
            name,
            f"rules look at bridged frames of guests: {', '.join(dropped)}",
            "so no frame is handed past the bridges while ports are moved, and the kernel drops"
            " what a port hears in that time: some milliseconds, and up to 84 ms on a busy host",
            "nothing; a service inside a guest that counts milliseconds notices it",
        )


def _block(about: str, seen: str, why: str, then: str = "") -> Finding:
    then = then or "use attach: true, which leaves the bridge alone"
    return Finding("block", about, seen, why, then, field=FIELD)


# What a survey can ask of parameters before there is a plan.
RULES = (_adopted,)
