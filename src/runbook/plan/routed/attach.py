"""A host whose address is on a bridge already: Params x Snapshot -> Plan of one libvirt network."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from runbook.common.errors import ParameterError
from runbook.params import Params
from runbook.plan.changes.attach import AttachNetwork, attached_xml
from runbook.plan.changes.change import Change
from runbook.plan.changes.messages import Action, Route
from runbook.plan.plan import Plan
from runbook.plan.promise.attached import FORWARD, AttachedPromise
from runbook.plan.routed import facts
from runbook.state.addresses import AddressRow
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot

# Links of guests and of containers: their other end is a machine of its own.
OF_GUESTS = ("tun", "tap", "macvtap")


def attach_plan(params: Params, snapshot: Snapshot) -> Plan:
    """The plan, empty where such a network is there and runs already."""
    promise = attached_promise(params, snapshot)
    unmet = tuple(check for check in promise.checks(snapshot) if not check.kept)
    changes = tuple(_changes(params, snapshot)) if unmet else ()
    return Plan(snapshot.host, promise, changes, snapshot.digest(), unmet, params.deadline_s)


def attached_promise(params: Params, snapshot: Snapshot) -> AttachedPromise:
    """The bridge as it is found, and the network; ParameterError for what is not on the host."""
    bridge = _bridge(params, snapshot)
    way = facts.default_through(snapshot, params.bridge)
    metric = way.metric if way else 0
    default = Route(Action.ENSURE, "default", params.bridge, gateway=params.gateway, metric=metric)
    return AttachedPromise(
        params.interface,
        params.bridge,
        params.network,
        params.ipv4,
        params.gateway,
        bridge.mac,
        bool(bridge.stp),
        (),
        (),
        (default,),
        bridge.mtu,
    )


def _bridge(params: Params, snapshot: Snapshot) -> LinkRow:
    row = snapshot.find(LinkRow, params.bridge)
    if row is None or row.kind != "bridge":
        bridges = [link.ifname for link in snapshot.rows(LinkRow) if link.kind == "bridge"]
        raise ParameterError(
            "bridge",
            params.bridge,
            f"`attach` needs a bridge that is there, and {snapshot.host} has none of that name",
            f"choose one of: {', '.join(bridges) or 'none found'}; or take `attach` out",
        )
    port = facts.nic_row(snapshot, params.interface)
    if port.master != row.ifname:
        raise ParameterError(
            "interface",
            params.interface,
            f"it is not a port of {row.ifname}",
            f"choose one of: {', '.join(physical_ports(snapshot, row.ifname)) or 'none found'}",
        )
    if not any(_held(params, address) for address in facts.addresses_on(snapshot, row.ifname)):
        addresses = ", ".join(
            f"{a.address}/{a.prefixlen}" for a in facts.addresses_on(snapshot, row.ifname)
        )
        raise ParameterError(
            "address",
            params.address,
            f"it is not on {row.ifname}, which holds {addresses or 'no IPv4 address'}",
            "give the address as the bridge holds it",
        )
    return row


def _held(params: Params, row: AddressRow) -> bool:
    return (row.address, row.prefixlen) == (
        str(params.ipv4.ip),
        params.ipv4.network.prefixlen,
    )


def _changes(params: Params, snapshot: Snapshot) -> Iterator[Change]:
    name = f"{snapshot.identity.machine_id}/{params.network}"
    xml = attached_xml(params.network, str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), params.bridge)
    yield AttachNetwork(params.network, params.bridge, xml)


def physical_ports(snapshot: Snapshot, bridge: str) -> list[str]:
    """The bridge's ports that are no guest's, one with a carrier first."""
    rows = [row for row in snapshot.rows(LinkRow) if row.master == bridge]
    ports = [row for row in rows if row.kind not in OF_GUESTS]
    return [row.ifname for row in sorted(ports, key=lambda row: (not row.carrier, row.ifname))]


def onto(snapshot: Snapshot, bridge: str) -> list[NetworkRow]:
    """Libvirt's networks that lead onto the bridge, and do not make it."""
    rows = snapshot.rows(NetworkRow)
    return [row for row in rows if (row.bridge, row.forward_mode) == (bridge, FORWARD)]


def made_by_libvirt(snapshot: Snapshot, bridge: str) -> list[NetworkRow]:
    """Libvirt's networks that make the bridge."""
    rows = snapshot.rows(NetworkRow)
    return [row for row in rows if row.bridge == bridge and row.forward_mode != FORWARD]


def lan_bridge(snapshot: Snapshot, port: str) -> str:
    """The bridge of this port, if the host's address is on it and libvirt does not make it."""
    row = snapshot.find(LinkRow, port)
    bridge = row.master if row else ""
    link = snapshot.find(LinkRow, bridge)
    good = link is not None and link.kind == "bridge" and facts.addresses_on(snapshot, bridge)
    return bridge if good and not made_by_libvirt(snapshot, bridge) else ""
