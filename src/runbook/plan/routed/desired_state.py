"""The desired state of the host: Params x Snapshot -> Promise."""

from __future__ import annotations

import hashlib

from runbook.params import Params
from runbook.plan.changes import network_online
from runbook.plan.changes.bridge_client import unit_name
from runbook.plan.changes.ipv6 import Moved6
from runbook.plan.changes.messages import MAIN_TABLE, Route
from runbook.plan.changes.network_hook import HookShape, hook_script
from runbook.plan.changes.network_online import OnlineShape
from runbook.plan.promise.files import ExpectedFile
from runbook.plan.promise.host import Promise
from runbook.plan.promise.ipv6 import ExpectedIPv6
from runbook.plan.routed import bridge_client, facts, ipv4, ipv6, sysctls
from runbook.plan.routed.firewall.live import expected_firewall
from runbook.plan.routed.routes import carried, check_gateway
from runbook.state.host.operator_connection import Connection
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot


def make_promise(params: Params, snapshot: Snapshot, operator: Connection | None = None) -> Promise:
    """The end state that the parameters ask for on this host."""
    check_gateway(params, snapshot)
    mac, routes = _mac(params, snapshot), carried(params, snapshot)
    # The NIC's MTU is the LAN's: the bridge must not carry smaller frames.
    mtu = facts.nic_row(snapshot, params.interface).mtu
    moves = ipv6.moved(params, snapshot)
    heard = ipv6.lasting(params, snapshot, moves)
    own = sysctls.of_bridge(params, snapshot)
    expected6 = ipv6.expected(moves)
    client = bridge_client.expected(params, snapshot, mac)
    return Promise(
        params.interface,
        params.bridge,
        params.network,
        params.ipv4,
        params.gateway,
        mac,
        params.stp,
        (
            _hook_file(params, snapshot, routes, moves),
            sysctls.file(params, snapshot, heard),
            *_online_files(params, snapshot, routes, expected6),
        ),
        (*sysctls.FORWARDING, *own, *heard, *sysctls.of_port(params, snapshot)),
        routes,
        mtu,
        expected_firewall(params, snapshot, operator),
        expected6,
        ipv4.promised(params, snapshot),
        client,
        params.adopt or "",
    )


def _mac(params: Params, snapshot: Snapshot) -> str:
    """The MAC that the bridge will have."""
    if params.bridge_mac == "nic":
        return _known_mac(params, snapshot)
    if params.bridge_mac == "own":
        return _derived_mac(snapshot.identity.machine_id, params.network)
    return params.bridge_mac


def _known_mac(params: Params, snapshot: Snapshot) -> str:
    """The MAC that the LAN knows the host by."""
    row = snapshot.find(NetworkRow, params.network)
    if params.adopt and row and facts.holds(snapshot, params.bridge, params.ipv4):
        # The old bridge has no port any more, and its MAC says nothing.
        return row.mac
    return facts.nic_row(snapshot, params.holder).mac


def _derived_mac(machine_id: str, network: str) -> str:
    """A MAC from libvirt's own range, the same each time for one host and network."""
    digest = hashlib.sha256(f"{machine_id}/{network}".encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])


def _hook_file(
    params: Params, snapshot: Snapshot, routes: tuple[Route, ...], moves: Moved6 | None
) -> ExpectedFile:
    shape = HookShape(
        params.network,
        params.bridge,
        params.interface,
        _mac(params, snapshot),
        params.stp,
        routes,
        sysctls.of_bridge(params, snapshot),
        facts.nic_row(snapshot, params.interface).mtu,
        ipv6.hooked(moves),
        ipv4.promised(params, snapshot),
        facts.is_made_at_boot(snapshot, params.interface),
        unit_name(params.network) if params.addressing == bridge_client.KEEP else "",
    )
    return ExpectedFile(facts.hook_file(snapshot, params.network), hook_script(shape))


def _online_files(
    params: Params, snapshot: Snapshot, routes: tuple[Route, ...], six: ExpectedIPv6 | None
) -> tuple[ExpectedFile, ...]:
    """The unit that has network-online.target wait for the bridge, and what starts it."""
    default = any((r.dst, r.table) == ("default", MAIN_TABLE) for r in routes)
    # An address that a router advertises comes when the router speaks.
    static6 = () if six is None or six.learns else six.addresses
    shape = OnlineShape(
        params.network,
        params.bridge,
        params.interface,
        str(params.ipv4.ip),
        default,
        tuple(address.partition("/")[0] for address in static6),
        tuple(other.address for other in ipv4.promised(params, snapshot)),
        facts.hook_file(snapshot, params.network),
    )
    unit = ExpectedFile(network_online.unit_path(params.network), network_online.unit(shape))
    path = network_online.drop_in_path(params.network)
    return (unit, ExpectedFile(path, network_online.drop_in(params.network)))
