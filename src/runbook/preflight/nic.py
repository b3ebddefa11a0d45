"""The NIC itself: whether it is one and free, its link, the size of its frames."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.plan.routed.facts import nic_row
from runbook.preflight.bridge_port import NO_WIRELESS, WIRELESS, unable
from runbook.preflight.finding import Case, CaseWithoutPlan, Finding, looked_for
from runbook.state.guests import TapRow
from runbook.state.links import LinkRow

_DIRECT = re.compile(r"<interface [^>]*type=['\"]direct['\"]")
TUNNELS = (
    *("vxlan", "gre", "gretap", "erspan", "ipip", "sit", "vti", "xfrm"),
    *("ip6tnl", "ip6gre", "ip6gretap", "ip6erspan", "vti6"),
)
MTU = 1500
FIELD = "interface"


def _link(case: CaseWithoutPlan) -> LinkRow:
    return nic_row(case.snapshot, case.params.interface)


@looked_for(
    "NIC",
    "it can be a port of a bridge, and its link is up",
    "the bridge reaches the LAN through this one port",
)
def _kind(case: CaseWithoutPlan) -> Iterator[Finding]:
    nic, link = case.params.interface, _link(case)
    for problem, why in unable(link):
        yield Finding("block", nic, f"it is {problem}", why, "name the physical NIC", field=FIELD)
    if not (link.up and link.carrier):
        yield Finding(
            "block",
            nic,
            "it is down or has no carrier",
            "a bridge without a port that sends is off the LAN",
            "bring the link up first",
            field=FIELD,
        )


@looked_for(
    "NIC is free",
    "the NIC is in no bridge and no bond, and carries no other interface",
    "a NIC can be in one bridge or bond only",
)
def _free(case: CaseWithoutPlan) -> Iterator[Finding]:
    nic, link = case.params.interface, _link(case)
    if link.master and link.master != case.params.adopt:
        yield Finding(
            "block",
            nic,
            f"it is already part of {link.master}",
            "the change would remove it from there, and the traffic there would stop",
            "take it out of there first, or name another NIC",
            field=FIELD,
        )
    for child in case.snapshot.rows(LinkRow):
        if child.lower == nic and child.kind == "vlan":
            yield Finding(
                "note",
                nic,
                f"it carries the VLAN interface {child.ifname}",
                "the kernel gives frames of that VLAN to the VLAN interface before the bridge sees"
                " them, so it works as before",
                "nothing; frames of other VLANs go through the bridge to the guests",
            )
        elif child.lower == nic and child.kind in TUNNELS:
            yield Finding(
                "block",
                nic,
                f"the tunnel {child.ifname} ({child.kind}) sends by it alone",
                "the NIC will have no address and no route, so nothing would leave by the tunnel",
                f"make it without `dev {nic}` (`local` with the host's address is enough), now and"
                " for the next boot",
                field=FIELD,
            )
        elif child.lower == nic:
            yield Finding(
                "block",
                nic,
                f"{child.ifname} ({child.kind}) is on top of it",
                "the bridge takes the frames before the interface on top of the NIC sees them",
                "runbook does not move a NIC that carries other interfaces; name another NIC",
                field=FIELD,
            )


@looked_for(
    "guests", "no guest holds the NIC by macvtap", "macvtap and a bridge cannot share a NIC"
)
def _macvtap(case: CaseWithoutPlan) -> Iterator[Finding]:
    nic = case.params.interface
    for row in case.snapshot.rows(TapRow):
        now = (row.type, row.source) == ("direct", nic)
        later = row.defined_source == nic and _DIRECT.search(row.defined_xml)
        if now or later:
            yield Finding(
                "block",
                f"guest {row.guest}",
                f"attached to {nic}" + ("" if now else ", from its next start on"),
                "its macvtap holds the NIC, which then cannot join a bridge, now or at a boot",
                f"stop the guest if it runs; give it another interface: virsh edit {row.guest}",
            )


@looked_for("Wi-Fi", "the NIC has a cable", NO_WIRELESS)
def _wireless(case: Case) -> Iterator[Finding]:
    if case.around.wireless:
        current, do = f"it is {WIRELESS}", "name a NIC with a cable"
        yield Finding("block", case.params.interface, current, NO_WIRELESS, do, field=FIELD)


# What a snapshot does not show.
RULES_AROUND = (_wireless,)


@looked_for("MTU", f"{MTU} bytes, as on any Ethernet", "frames larger than a bridge's are dropped")
def _mtu(case: CaseWithoutPlan) -> Iterator[Finding]:
    nic, mtu = case.params.interface, _link(case).mtu
    if mtu == MTU:
        return
    yield Finding(
        "note",
        "MTU",
        f"{nic} has {mtu} bytes",
        f"NIC and bridge need one MTU, and a new bridge has {MTU}",
        f"nothing here: bridge and NIC are given {mtu} at each start; set the MTU in each guest",
    )


RULES = (_kind, _free, _macvtap, _mtu)
