"""The routed procedure: Params x Snapshot -> Plan.

The host's address moves from the NIC onto the bridge of a libvirt network, the
NIC becomes a port of that bridge, and all that names either follows. Files
come first: a disk that is full or a file that cannot be written is found out
while nothing else has changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from runbook.common.errors import Refused
from runbook.params import Params
from runbook.plan.changes import network_hook, network_online
from runbook.plan.changes.adopt import AdoptPorts, JoinedWarmUp, JoinOld
from runbook.plan.changes.bridge_mac import IntroduceMac
from runbook.plan.changes.bridge_ports import Cutover, ForwardAtOnce, QuietWarmUp, Settle
from runbook.plan.changes.change import Change
from runbook.plan.changes.conntrack import LOOSE, HoldTracking, ReleaseTracking
from runbook.plan.changes.files import PutFile
from runbook.plan.changes.messages import Route
from runbook.plan.changes.network_xml import NetworkShape, network_xml
from runbook.plan.changes.networks import CreateNetwork, InstallHook
from runbook.plan.changes.nic_name import FindNic, link_file, link_path
from runbook.plan.changes.routes import MakeRoom
from runbook.plan.changes.sysctl import TuneBridge
from runbook.plan.netfilter.expected import SAVED
from runbook.plan.plan import Plan
from runbook.plan.promise import cloud_init, ifupdown_program, managers, nic_name
from runbook.plan.promise.check import unkept
from runbook.plan.promise.host import Promise
from runbook.plan.routed import adopt, bridge_client, facts, ipv4, ipv6, sysctls
from runbook.plan.routed.attach import attach_plan
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.dhcp_clients import stop_clients
from runbook.plan.routed.firewall.live import admit
from runbook.plan.routed.firewall.saved import saved_firewall
from runbook.plan.routed.firewall.twins import saved_rules, twins
from runbook.plan.routed.handing_over import may_go_by_the_bridge
from runbook.plan.routed.interfaces import manual_stanza, refuse_commands
from runbook.plan.routed.refusals import refuse_together
from runbook.plan.routed.routes import moved as carried_by_nic
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.cloud_init import OFF, SWITCH
from runbook.state.sysctl import SysctlRow

# The kernel's own default, for a host that has not loaded the module yet.
LOOSE_BY_DEFAULT = "1"
CHAIN_PROGRAMS = {"inet": "iptables", "inet6": "ip6tables"}


def make_plan(params: Params, snapshot: Snapshot, operator: Connection | None = None) -> Plan:
    """The plan, empty where the host is as promised already.

    `operator` is the connection that profile drop lets in.
    """
    if params.attach:
        return attach_plan(params, snapshot)
    promise = make_promise(params, snapshot, operator)
    unmet = tuple(check for check in promise.checks(snapshot) if not check.kept)
    if not unmet:
        return Plan(snapshot.host, promise, (), snapshot.digest(), (), params.deadline_s)
    _not_half_done(params, snapshot, promise)
    managers.refuse(params.interface, snapshot)
    cloud_init.refuse(snapshot)
    ifupdown_program.refuse(params.interface, snapshot)
    ipv4.refuse_odd_labels(params, snapshot)
    _refuse_together(params, snapshot)
    changes = tuple(_changes(params, snapshot, promise))
    return Plan(snapshot.host, promise, changes, snapshot.digest(), unmet, params.deadline_s)


def _not_half_done(params: Params, snapshot: Snapshot, promise: Promise) -> None:
    """Refuse a host that is neither as before nor as promised."""
    if not facts.holds(snapshot, params.bridge, params.ipv4):
        return
    unmet = [check for check in promise.checks(snapshot) if not check.kept]
    raise Refused(
        f"{params.address} is already on {params.bridge}, but these checks fail:\n{unkept(unmet)}",
        host=snapshot.host,
        state="nothing was written by this run; the host works as it did before it",
        then="correct each line by hand, or undo the earlier change, then run again",
    )


def _refuse_together(params: Params, snapshot: Snapshot) -> None:
    """What may be odd about the NIC in several ways at once: its stanzas, routes and clients."""
    nic = params.holder
    facts.nic_address_message(snapshot, nic, params.ipv4)
    rejoin = _rejoin(params, snapshot)
    refuse_together(
        snapshot.host,
        (
            lambda: tuple(manual_stanza(nic, snapshot, rejoin, params.interface)),
            lambda: _connected(params, snapshot),
            lambda: tuple(stop_clients(nic, snapshot)),
        ),
    )


def _changes(params: Params, snapshot: Snapshot, promise: Promise) -> Iterator[Change]:
    nic, address = params.interface, params.ipv4
    facts.nic_row(snapshot, nic)
    connected = _connected(params, snapshot)
    yield from _prepare(params, snapshot, promise)
    loose = snapshot.find(SysctlRow, LOOSE)
    value = loose.value if loose else LOOSE_BY_DEFAULT
    yield HoldTracking(value, loaded=loose is not None)
    if connected:
        yield MakeRoom(replace(connected, prefsrc=str(address.ip)))
    yield _network(params, snapshot, promise)
    yield _hook(promise)
    yield TuneBridge(params.bridge, sysctls.of_bridge(params, snapshot))
    yield ForwardAtOnce(params.bridge, params.stp)
    yield _warm_up(params, snapshot)
    if promise.mac not in {facts.nic_row(snapshot, name).mac for name in (nic, params.holder)}:
        yield IntroduceMac(nic, promise.mac, params.gateway)
    moves = ipv6.moved(params, snapshot)
    yield from ipv6.enable(moves)
    if params.adopt:
        way = adopt.shortcut(params, snapshot, promise.mac)
        yield JoinOld(params.adopt, params.bridge, params.interface, way)
        yield from adopt.nics(params, snapshot)
    yield _cutover(params, snapshot, promise)
    yield Settle(str(address.ip), params.bridge, params.stp, promise.announced[1:])
    yield from ipv6.settle(moves, snapshot)
    yield ReleaseTracking(value)
    # Only now: a packet of a connection older than its tracking belongs to none until then.
    yield from admit(promise.firewall, snapshot)
    yield FindNic(nic, nic_name.mac_of(nic, snapshot))
    # Last, so that an undo ends it first: it would bring the address back.
    yield from bridge_client.run(params, promise.client, snapshot)


def _warm_up(params: Params, snapshot: Snapshot) -> QuietWarmUp:
    if not params.adopt:
        return QuietWarmUp(params.bridge, params.interface)
    return JoinedWarmUp(params.bridge, params.adopt, facts.nic_row(snapshot, params.adopt).mac)


def _cutover(params: Params, snapshot: Snapshot, promise: Promise) -> Cutover:
    holder = params.holder
    others = ipv4.others(params, snapshot)
    make: Callable[..., Cutover] = partial(Cutover, handed=may_go_by_the_bridge(holder, snapshot))
    if params.adopt:
        mac = facts.nic_row(snapshot, holder).mac
        way = adopt.shortcut(params, snapshot, promise.mac)
        make = partial(AdoptPorts, port=params.interface, mac=mac, shortcut=way)
    return make(
        facts.nic_address_message(snapshot, holder, params.ipv4),
        params.bridge,
        _connected(params, snapshot),
        carried_by_nic(params, snapshot, holder),
        promise.routes,
        ipv6.moved(params, snapshot),
        others,
        promise.others,
        ipv4.connected(others, snapshot, holder),
    )


def _connected(params: Params, snapshot: Snapshot) -> Route | None:
    """The NIC's route to its own network; None for an address without one."""
    if ipv4.point_to_point(params.ipv4):
        return None
    try:
        return facts.connected_route(snapshot, params.holder, params.ipv4)
    except Refused:
        # A command of the stanza may be what makes the routes odd; then it is named instead.
        refuse_commands(params.holder, snapshot)
        raise


def _prepare(params: Params, snapshot: Snapshot, promise: Promise) -> Iterator[Change]:
    _, sysctl_file, *online = promise.files
    purpose = "keep forwarding on after a reboot"
    yield PutFile(sysctl_file.path, sysctl_file.text, 0o644, purpose)
    purpose = f"have network-online.target wait for {params.bridge}"
    for file in online:
        yield PutFile(file.path, file.text, network_online.MODE, purpose)
    if not cloud_init.leaves_alone(snapshot):
        yield PutFile(SWITCH, OFF, 0o644, cloud_init.PURPOSE)
    yield from bridge_client.files(promise.client, snapshot)
    yield from _pin_name(params, snapshot)
    rejoin = _rejoin(params, snapshot)
    yield from manual_stanza(params.holder, snapshot, rejoin, params.interface)
    if promise.firewall.families:
        yield from saved_firewall(promise.firewall, params.holder, params.bridge, snapshot)
    yield from _twins_alone(params, snapshot, promise)
    yield from twins(params.holder, params.bridge, snapshot)
    yield from ipv6.keep_listening(snapshot)
    for name, value in sysctls.FORWARDING:
        yield from sysctls.switched(name, value, snapshot)
    yield from stop_clients(params.holder, snapshot)


def _rejoin(params: Params, snapshot: Snapshot) -> str:
    """The line by which a port that ifupdown made anew joins the bridge again; '' for a NIC."""
    if not facts.is_made_at_boot(snapshot, params.interface):
        return ""
    path = facts.hook_file(snapshot, params.network)
    return network_hook.rejoin_line(params.network, params.bridge, path)


def _pin_name(params: Params, snapshot: Snapshot) -> Iterator[PutFile]:
    """Keep the NIC's name for the next boot, where no file does that."""
    nic = params.interface
    named = tuple(nic_name.pinned(nic, snapshot))
    if not named and nic_name.can_be_pinned(nic, snapshot):
        text = link_file(nic, nic_name.mac_at_boot(nic, snapshot))
        yield PutFile(link_path(params.network), text, 0o644, f"keep the name {nic} at a boot")


def _twins_alone(params: Params, snapshot: Snapshot, promise: Promise) -> Iterator[Change]:
    """Twins in the saved files that no profile and no rules file changes."""
    done = {SAVED[family] for family in promise.firewall.families}
    edits = saved_rules(params.holder, params.bridge, snapshot)
    yield from (edit for edit in edits if edit.path not in done)


def _network(params: Params, snapshot: Snapshot, promise: Promise) -> CreateNetwork:
    shape = NetworkShape(
        params.network,
        str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{snapshot.identity.machine_id}/{params.network}")),
        params.interface,
        params.bridge,
        promise.mac,
        params.stp,
        params.dns,
        params.forward,
        params.ipv4,
        promise.mtu,
    )
    return CreateNetwork(params.network, params.bridge, network_xml(shape), _chains(snapshot))


def _chains(snapshot: Snapshot) -> tuple[str, ...]:
    """The programs in whose tables libvirt has no chains of its own yet."""
    there = {r.family for r in snapshot.rows(FirewallRow) if r.chain.startswith("LIBVIRT_")}
    return tuple(CHAIN_PROGRAMS[f] for f in ("inet", "inet6") if f not in there)


def _hook(promise: Promise) -> InstallHook:
    hook, *_ = promise.files
    purpose = "bring NIC and routes back when libvirt starts the network"
    return InstallHook(PutFile(hook.path, hook.text, network_hook.MODE, purpose))
