"""A bridge of ifupdown whose place libvirt's bridge takes: what hangs in it, and what passes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.params import Params
from runbook.plan.changes.adopt import AdoptNic
from runbook.plan.changes.two_bridges import OpenShortcut
from runbook.plan.routed import facts
from runbook.state.guests import RUNS, GuestRow, TapRow
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

# With one of these on, the host's firewall looks at bridged frames.
ON_BRIDGES = tuple(
    f"net.bridge.bridge-nf-call-{word}" for word in ("iptables", "ip6tables", "arptables")
)
# A tap's name that means nothing else to nft.
PLAIN = re.compile(r"[A-Za-z0-9_.-]+")


def taps(params: Params, snapshot: Snapshot) -> tuple[str, ...]:
    """The taps of running guests that are ports of the old bridge."""
    ports = set(other_ports(params, snapshot))
    return tuple(sorted(ports & {row.target for row in snapshot.rows(TapRow)}))


def strangers(params: Params, snapshot: Snapshot) -> tuple[str, ...]:
    """Its ports that neither the parameters name nor a guest of libvirt has."""
    known = taps(params, snapshot)
    return tuple(port for port in other_ports(params, snapshot) if port not in known)


def other_ports(params: Params, snapshot: Snapshot) -> list[str]:
    """Its ports beside the one that the parameters name."""
    rows = (row for row in snapshot.rows(LinkRow) if row.master == params.adopt)
    return [row.ifname for row in rows if row.ifname != params.interface]


def nics(params: Params, snapshot: Snapshot) -> Iterator[AdoptNic]:
    """One for each NIC of a guest that is on the old bridge, or is defined there."""
    for row in snapshot.rows(TapRow):
        runs = bool(row.live_xml) and row.source == params.adopt
        defined = bool(row.defined_xml) and row.defined_source == params.adopt
        if runs or defined:
            yield AdoptNic(
                row.guest,
                row.mac,
                params.network,
                row.source if runs else "",
                row.live_xml if runs else "",
                row.defined_source if defined else "",
                row.defined_xml if defined else "",
            )


def shortcut(params: Params, snapshot: Snapshot, host_mac: str) -> OpenShortcut | None:
    """The way past the bridges of the guests whose frames no rule on a bridge looks at.

    `host_mac` is the new bridge's.
    """
    if any(row.name in ON_BRIDGES and row.value == "1" for row in snapshot.rows(SysctlRow)):
        return None
    passing = set(taps(params, snapshot))
    guests = tuple(
        (row.mac, row.target)
        for row in snapshot.rows(TapRow)
        if row.target in passing and not _is_filtered(row) and PLAIN.fullmatch(row.target)
    )
    # Others are reached on their bridge as before.
    others = (row.mac for row in snapshot.rows(TapRow) if row.target in passing)
    old = facts.nic_row(snapshot, params.holder).mac
    local = tuple(dict.fromkeys((old, host_mac, *others)))
    return OpenShortcut(params.interface, guests, local) if guests else None


def _is_filtered(row: TapRow) -> bool:
    """Whether libvirt's rules for this NIC look at frames on the bridge (nwfilter)."""
    return "<filterref" in row.live_xml


def asleep(params: Params, snapshot: Snapshot) -> Iterator[str]:
    """Guests whose saved memory names the old bridge: they would continue in it."""
    saved = {row.name for row in snapshot.rows(GuestRow) if row.saved and row.state not in RUNS}
    rows = snapshot.rows(TapRow)
    found = (r.guest for r in rows if params.adopt in (r.source, r.defined_source))
    yield from sorted(saved & set(found))
