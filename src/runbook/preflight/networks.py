"""libvirt's other networks, and the names of the new network."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.params.fields import CARRIERS
from runbook.preflight.finding import CaseWithoutPlan, Finding, looked_for
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow


@looked_for(
    "names",
    "no network and no interface has these names",
    "an existing network or bridge would be replaced",
)
def names(case: CaseWithoutPlan) -> Iterator[Finding]:
    """Names that something else has."""
    yield from network_names(case)
    yield from bridge_names(case)
    yield from carrier_names(case)


def network_names(case: CaseWithoutPlan) -> Iterator[Finding]:
    """A network that has the new one's name."""
    if row := case.snapshot.find(NetworkRow, case.params.network):
        yield _in_use(row, "network")


def bridge_names(case: CaseWithoutPlan) -> Iterator[Finding]:
    """Another network, or an interface, that has the bridge's name."""
    network, bridge = case.params.network, case.params.bridge
    for row in case.snapshot.rows(NetworkRow):
        if row.bridge == bridge and row.name != network:
            yield _in_use(row, "bridge")
    if case.snapshot.find(LinkRow, bridge):
        yield Finding(
            "block",
            bridge,
            "an interface of that name exists",
            "libvirt creates the bridge itself, and does not use an existing one",
            "choose another name for the bridge",
            field="bridge",
        )


def carrier_names(case: CaseWithoutPlan) -> Iterator[Finding]:
    """An interface that has a name which the change makes and takes away: it is somebody's."""
    for name in CARRIERS:
        if case.snapshot.find(LinkRow, name):
            yield Finding(
                "block",
                name,
                "an interface of that name exists",
                "a change makes one of that name for itself, and its undo deletes it",
                f"give it another name (ip link set dev {name} name NAME), or delete it",
            )


def _in_use(row: NetworkRow, field: str) -> Finding:
    return Finding(
        "block",
        f"network {row.name}",
        f"it has bridge {row.bridge}",
        "two networks cannot share a name or a bridge, and guests may use this one",
        "remove it, or choose other names for network and bridge",
        field=field,
    )


@looked_for(
    "other networks",
    "the change cuts off no guests of other networks",
    "libvirt's NAT rules apply to every network's guests",
)
def others(case: CaseWithoutPlan) -> Iterator[Finding]:
    """Networks that the new one would cut off."""
    for row in case.snapshot.rows(NetworkRow):
        if row.name == case.params.network or row.bridge == case.params.bridge:
            continue
        if case.params.holder in row.forward_dev.split():
            yield _bound(row, case.params.holder)
        elif row.active and case.params.forward == "nat":
            yield Finding(
                "block",
                f"network {row.name}",
                "active beside a new NAT network",
                "libvirt would reject its guests' traffic through the new bridge",
                "use forward: open",
                field="forward",
            )


def _bound(row: NetworkRow, nic: str) -> Finding:
    return Finding(
        "block",
        f"network {row.name}",
        f"forwards through {nic}",
        f"the network forwards through {nic} only, so its guests would be cut off",
        f"take the name out of its <forward> first (virsh net-edit {row.name})",
    )


RULES = (names, others)
